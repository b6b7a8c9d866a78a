import type { ContextRow } from '../../render/settings.ts';
import { UsageError } from '../errors/cli-error.ts';
import type { ConfigFile, Context } from './context-file.ts';

/** A context for display, without secrets. */
export function contextRow(name: string, context: Context, currentName: string | undefined): ContextRow {
  return {
    name,
    current: name === currentName,
    server: context.server,
    region: context.region ?? null,
    auth: context.auth ?? 'keys',
    accessKeyId: context.accessKeyId ?? null,
    awsProfile: context.awsProfile ?? null,
  };
}

/** @throws UsageError with the known names if the context does not exist */
export function requireContext(file: ConfigFile, name: string): Context {
  const context = Object.hasOwn(file.contexts, name) ? file.contexts[name] : undefined;
  if (context !== undefined) return context;
  const known = Object.keys(file.contexts).join(', ') || 'none';
  throw new UsageError(`unknown context "${name}"`, { hint: `contexts: ${known}` });
}

/** @throws UsageError for a name that is hard to type or looks like a flag */
export function parseContextName(name: string): string {
  if (/^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/.test(name)) return name;
  throw new UsageError(`invalid context name "${name}"`, {
    hint: 'use letters, digits, dots, dashes and underscores',
  });
}
