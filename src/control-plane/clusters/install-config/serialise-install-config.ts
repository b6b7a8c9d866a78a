import type { InstallConfigDocument } from './install-config-document.ts';

/**
 * Characters that JSON leaves bare inside strings but YAML 1.1 reads as line breaks, a byte order mark or as not
 * printable. All lie in the basic plane: a surrogate pair stays as it is, because YAML has no escape for half of one.
 */
const NEEDS_ESCAPE = /[\u007f-\u009f\u2028\u2029\ufeff\ufffe\uffff]/g;

/**
 * @returns the document as JSON, which is YAML: every string is quoted, so a cluster called `on` or `1e3` stays a
 * string for the installer's YAML 1.1 reader, and nothing in a value can add a key.
 */
export function serialiseInstallConfig(document: InstallConfigDocument): string {
  const json = JSON.stringify(document, null, 2);
  return `${json.replace(NEEDS_ESCAPE, (character) => `\\u${hex4(character)}`)}\n`;
}

function hex4(character: string): string {
  return character.charCodeAt(0).toString(16).padStart(4, '0');
}
