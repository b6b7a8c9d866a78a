// Load this with `await import('./yaml.ts')`. If the CommonJS package itself were imported dynamically, the bundle would keep
// only its default export.
import { Document, parse, Scalar, visit } from 'yaml';
import { escapeYaml, needsEscape } from '../contract/escape.ts';

/** Texts that no version of YAML takes for something else. YAML 1.1, which PyYAML, Ansible and kubectl read, has more than 1.2. */
const PLAIN = /^[A-Za-z][\w./-]*(?::\/\/[\w./:-]*)?$/;
const WORDS_OF_YAML = /^(?:y|n|yes|no|on|off|true|false|null)$/i;

/** A document as YAML, without folding and without aliases, that parses to the same document in YAML 1.1 and 1.2. */
export function toYaml(document: unknown): string {
  const yaml = new Document(document, { aliasDuplicateObjects: false });
  visit(yaml, {
    Scalar: (_key, node) => {
      if (typeof node.value === 'string' && isQuoted(node.value)) node.type = Scalar.QUOTE_DOUBLE;
    },
  });
  return escapeYaml(yaml.toString({ lineWidth: 0 }));
}

/** A text of several lines stays a block, if nothing in it has to be escaped. */
function isQuoted(text: string): boolean {
  if (needsEscape(text)) return true;
  return !/\S\n/.test(text) && (!PLAIN.test(text) || WORDS_OF_YAML.test(text));
}

/** @throws YAMLParseError */
export function fromYaml(text: string): unknown {
  return parse(text);
}
