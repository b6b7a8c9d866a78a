import { isScalar, parseDocument } from 'yaml';
import { UsageError } from '../errors/cli-error.ts';
import { keyValues } from '../flags/flag-values.ts';

/**
 * Parses the values of `--set` as YAML: `5` is a number, `true` a boolean, `"5"` text.
 * @throws UsageError for a value that is null, a list or a mapping
 */
export function setValues(texts: readonly string[]): Record<string, string | number | boolean> {
  return Object.fromEntries(
    Object.entries(keyValues('set', texts)).map(([key, text]) => [key, scalarOf(key, text)]),
  );
}

function scalarOf(key: string, text: string): string | number | boolean {
  const { contents, errors } = parseDocument(text, { version: '1.2', prettyErrors: false });
  const value = errors.length === 0 && isScalar(contents) ? contents.value : undefined;
  if (typeof value === 'string' || typeof value === 'boolean') return value;
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  throw new UsageError(`invalid value "${text}" for --set ${key}: use text, a whole number, true or false`, {
    hint: `quotes make it text: --set '${key}="${text.replaceAll('"', '')}"'`,
  });
}
