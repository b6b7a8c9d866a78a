import type { ContextRow } from '../../render/settings.ts';
import { UsageError } from '../errors/cli-error.ts';
import type { ConfigFile, Context } from './context-file.ts';

/** A context as it may be shown: without its secrets. */
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

/** @throws UsageError with the known ones when there is no context of that name. */
export function requireContext(file: ConfigFile, name: string): Context {
  const context = Object.hasOwn(file.contexts, name) ? file.contexts[name] : undefined;
  if (context !== undefined) return context;
  const known = Object.keys(file.contexts).join(', ') || 'none';
  throw new UsageError(`there is no context '${name}'`, { hint: `known contexts: ${known}` });
}

/** @throws UsageError for a name that would be hard to type or to tell from a flag. */
export function parseContextName(name: string): string {
  if (/^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/.test(name)) return name;
  throw new UsageError(`'${name}' is no name for a context`, {
    hint: 'letters, digits, dots, dashes and underscores',
  });
}
