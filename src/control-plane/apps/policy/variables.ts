import { createHash } from 'node:crypto';
import * as z from 'zod';

/** Names with values. */
export type Variables = Readonly<Record<string, string>>;

/** How the variables of a service or environment are kept: one secret. */
export const storedVariables = z.record(
  z.string(),
  z.object({ value: z.string(), updatedBy: z.string(), updatedAt: z.string() }),
);
export type StoredVariables = z.infer<typeof storedVariables>;

/** `$${` stands for `${` itself. */
const REFERENCE = /\$\$\{|\$\{([a-z]+)\.([A-Za-z0-9_-]+)(?:\.([A-Z][A-Z0-9_]*))?\}/g;

export interface VariableReference {
  /** `${shared.NAME}`, `${service.NAME.URL}`, `${db.NAME.URL}`. */
  readonly kind: string;
  readonly name: string;
  readonly field: string | undefined;
}

export function hasReference(value: string): boolean {
  return [...value.matchAll(REFERENCE)].some(([, kind]) => kind !== undefined);
}

/** @returns whether the value has a `${` that begins no reference: it would reach instances as text, which is rarely meant */
export function hasBrokenReference(value: string): boolean {
  return value.replaceAll(REFERENCE, '').includes('${');
}

/** A reference that names nothing. The message contains no value. */
export class UnresolvedVariableError extends Error {
  readonly variable: string;
  constructor(variable: string, reference: string, why: string) {
    super(`variable ${variable}: ${reference} cannot be resolved: ${why}`);
    this.name = 'UnresolvedVariableError';
    this.variable = variable;
  }
}

/**
 * Replaces references once; what they give is not searched again, so that a value can contain anything.
 * @param lookUp @returns the value, or why there is none
 * @throws UnresolvedVariableError
 */
export function resolveVariables(
  variables: Variables,
  lookUp: (reference: VariableReference) => string | { readonly missing: string },
): Variables {
  return Object.fromEntries(
    Object.entries(variables).map(([variable, value]) => [
      variable,
      value.replaceAll(REFERENCE, (text: string, kind: string | undefined, name: string, field?: string) => {
        if (kind === undefined) return '${';
        const found = lookUp({ kind, name, field });
        if (typeof found === 'string') return found;
        throw new UnresolvedVariableError(variable, text, found.missing);
      }),
    ]),
  );
}

/** Equal for equal variables. Salted with the service, so that hashes of two services tell nothing of each other. */
export function hashOfVariables(serviceId: string, variables: Variables): string {
  const sorted = Object.entries(variables).sort(([a], [b]) => (a < b ? -1 : 1));
  return createHash('sha256')
    .update(JSON.stringify([serviceId, sorted]))
    .digest('hex')
    .slice(0, 16);
}
