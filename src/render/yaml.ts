// Load this with `await import('./yaml.ts')`. If the CommonJS package itself were imported dynamically, the bundle would keep
// only its default export.
import { Document, parse, Scalar, visit } from 'yaml';
import { escapeYaml, needsEscape } from '../contract/escape.ts';

/** A document as YAML, without folding and without aliases, that parses to the same document. */
export function toYaml(document: unknown): string {
  const yaml = new Document(document, { aliasDuplicateObjects: false });
  visit(yaml, {
    Scalar: (_key, node) => {
      if (typeof node.value === 'string' && needsEscape(node.value)) node.type = Scalar.QUOTE_DOUBLE;
    },
  });
  return escapeYaml(yaml.toString({ lineWidth: 0 }));
}

/** @throws YAMLParseError */
export function fromYaml(text: string): unknown {
  return parse(text);
}
