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

/** What references may add to the values of a release: a few can name long values many times. */
const MAX_RESOLVED_CHARACTERS = 256 * 1024;

type Found = string | { readonly missing: string };

/**
 * Replaces references. What a service or database gives is not searched again, so that it can contain anything; a shared variable has
 * its own references replaced first.
 * @param shared what `${shared.NAME}` refers to
 * @param lookUp for other references @returns the value, or why there is none
 * @throws UnresolvedVariableError
 */
export function resolveVariables(
  variables: Variables,
  shared: Variables,
  lookUp: (reference: VariableReference) => Found,
): Variables {
  const resolved = new Map<string, string>();
  let added = 0;
  const resolve = (variable: string, value: string, path: readonly string[]): string =>
    value.replaceAll(REFERENCE, (text: string, kind: string | undefined, name: string, field?: string) => {
      if (kind === undefined) return '${';
      const found = kind === 'shared' ? sharedValue(name, path) : lookUp({ kind, name, field });
      if (typeof found !== 'string') throw new UnresolvedVariableError(variable, text, found.missing);
      added += found.length;
      if (added > MAX_RESOLVED_CHARACTERS)
        throw new UnresolvedVariableError(variable, text, 'all values together would be longer than 256 KiB');
      return found;
    });
  const sharedValue = (name: string, path: readonly string[]): Found => {
    const known = resolved.get(name);
    if (known !== undefined) return known;
    if (!Object.hasOwn(shared, name)) return { missing: `the environment shares no variable ${name}` };
    if (path.includes(name)) return { missing: `the shared variable ${name} refers to itself` };
    const value = resolve(name, shared[name] ?? '', [...path, name]);
    resolved.set(name, value);
    return value;
  };
  return Object.fromEntries(
    Object.entries(variables).map(([variable, value]) => [variable, resolve(variable, value, [])]),
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
