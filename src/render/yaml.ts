// Load this with `await import('./yaml.ts')`. If the CommonJS package itself were imported dynamically, the bundle would keep
// only its default export.
import { parse, stringify } from 'yaml';

/** A document as YAML, without folding and without aliases. */
export function toYaml(document: unknown): string {
  return stringify(document, { lineWidth: 0, aliasDuplicateObjects: false });
}

/** @throws YAMLParseError */
export function fromYaml(text: string): unknown {
  return parse(text);
}
