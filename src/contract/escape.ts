/**
 * Text from users, servers and installer logs, made safe for where it is written. Control and format characters (Unicode's classes Cc
 * and Cf, line and paragraph separators, lone surrogates) can move a cursor, set a window title or reorder what is read:
 * none of them reaches a terminal, a CSV, YAML or JSON file. They are shown as escapes, not dropped, so that a reader sees them.
 */
const UNSAFE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;
const UNSAFE_BUT_LINES = /(?![\n\t])[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;

const ANSI_STYLE = new RegExp(`${String.fromCharCode(0x1b)}\\[[0-9;]*m`, 'g');

/** Most texts: the class of all unsafe characters takes 1 ms to compile. */
const PLAIN_LINES = /^[ -~\n\t]*$/;

/** For one line of a terminal: line breaks and tabs become a space, styles are removed, the rest is escaped. */
export function printable(text: string): string {
  if (PLAIN_LINES.test(text)) return text.replace(/[\t\n]+/g, ' ');
  return text
    .replace(ANSI_STYLE, '')
    .replace(/[\t\r\n]+/g, ' ')
    .replace(UNSAFE, escaped);
}

/** For several lines of a terminal: line breaks and tabs stay. */
export function printableLines(text: string): string {
  if (PLAIN_LINES.test(text)) return text;
  return text.replace(ANSI_STYLE, '').replace(/\r\n/g, '\n').replace(UNSAFE_BUT_LINES, escaped);
}

/** A document as JSON that parses to the same document. @param indent spaces per level; without it, one line */
export function toJson(document: unknown, indent?: number): string {
  // A control character in the output of JSON.stringify is inside a string, except the line breaks of the indentation.
  return JSON.stringify(document, null, indent).replace(UNSAFE_BUT_LINES, escaped);
}

/** Whether a text needs an escape in YAML; line breaks and tabs are the library's own matter. */
export function needsEscape(text: string): boolean {
  return text.search(UNSAFE_BUT_LINES) !== -1;
}

/** The escapes of a double-quoted YAML scalar (YAML 1.2, 5.7); all in `text` are inside such scalars. */
export function escapeYaml(text: string): string {
  return text.replace(UNSAFE_BUT_LINES, (character) => {
    const code = character.codePointAt(0) ?? 0;
    return code > 0xffff ? `\\U${hex(code, 8)}` : `\\u${hex(code, 4)}`;
  });
}

/**
 * A field of CSV (RFC 4180), quoted if needed. A text that a spreadsheet would run as a formula (OWASP, CSV injection) is prefixed
 * with an apostrophe; a negative number is none.
 */
export function csvField(text: string): string {
  const lines = text.replace(/\r\n?/g, '\n').replace(UNSAFE_BUT_LINES, escaped);
  const safe =
    /^\s*[=+\-@\uff1d\uff0b\uff0d\uff20]/u.test(lines) && !/^-\d+(\.\d+)?$/.test(lines) ? `'${lines}` : lines;
  return /[",\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** JSON's escape, as two of them beyond the basic plane. */
function escaped(character: string): string {
  return Array.from({ length: character.length }, (_, at) => `\\u${hex(character.charCodeAt(at), 4)}`).join(
    '',
  );
}

function hex(code: number, digits: number): string {
  return code.toString(16).padStart(digits, '0');
}
