// Loaded with `await import('./yaml.ts')`: a bundle keeps only the default export of a CommonJS package that is itself imported
// dynamically, so that the package stands behind this module.
import { parse, stringify } from 'yaml';

/** A document as YAML, without folding and without aliases. */
export function toYaml(document: unknown): string {
  return stringify(document, { lineWidth: 0, aliasDuplicateObjects: false });
}

/** @throws YAMLParseError */
export function fromYaml(text: string): unknown {
  return parse(text);
}
