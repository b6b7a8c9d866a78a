import { parseEnv } from 'node:util';
import { UsageError } from '../errors/cli-error.ts';

const NAME = /^[A-Za-z_][A-Za-z0-9_]{0,127}$/;
const NAME_RULE = 'use letters, digits and _, with no digit first';
/** Longer or other names may be parts of a secret. */
const SHOWABLE = /^[\w.-]{1,64}$/;

/** Parses NAME=VALUE words. Values can be secrets: no error repeats one. @throws UsageError */
export function variablesOfWords(words: readonly string[]): Record<string, string> {
  const values = new Map<string, string>();
  for (const [index, word] of words.entries()) {
    const at = word.indexOf('=');
    if (at < 0) throw missingValue(word, index);
    const name = word.slice(0, at);
    assertName(name, `argument ${index + 1}`);
    if (values.has(name))
      throw new UsageError(`${name} is given twice`, { hint: 'use only one of the values' });
    values.set(name, word.slice(at + 1));
  }
  return Object.fromEntries(values);
}

/** Of later words, each can be a value that was meant for the one before it. */
function missingValue(word: string, index: number): UsageError {
  if (index === 0 && /^[A-Z_][A-Z0-9_]*$/.test(word))
    return new UsageError(`missing value of ${word}`, { hint: `use ${word}=VALUE` });
  return new UsageError(`argument ${index + 1} is not NAME=VALUE`, { hint: 'for example LOG_LEVEL=debug' });
}

/** @throws UsageError for names that no shell could have */
function assertName(name: string, where: string): void {
  if (NAME.test(name)) return;
  const shown = SHOWABLE.test(name) ? `"${name}"` : `in ${where}`;
  throw new UsageError(`invalid name ${shown} of a variable`, { hint: NAME_RULE });
}

/** Parses a .env file. @throws UsageError with the line, for each that Node.js would skip */
export function variablesOfFile(text: string, file: string): Record<string, string> {
  const known = text.replaceAll('\r\n', '\n');
  const values = Object.entries(parseEnv(known)).map(([name, value]) => [name, value ?? ''] as const);
  assertLines(known, file);
  for (const [name] of values) assertName(name, file);
  if (values.length === 0)
    throw new UsageError(`${file} has no NAME=VALUE lines`, { hint: 'for example TOKEN=abc' });
  return Object.fromEntries(values);
}

/** One assignment: a value in quotes can have several lines. */
const ASSIGNMENT = /^[ \t]*(?:export[ \t]+)?[^\s=#]+[ \t]*=[ \t]*(?:(["'`])[\s\S]*?\1[^\n]*|[^\n]*)(?:\n|$)/;
const EMPTY = /^[ \t]*(?:#[^\n]*)?(?:\n|$)/;

function assertLines(text: string, file: string): void {
  for (let at = 0; at < text.length; ) {
    const rest = text.slice(at);
    const [found] = EMPTY.exec(rest) ?? ASSIGNMENT.exec(rest) ?? [];
    if (found === undefined) {
      const line = text.slice(0, at).split('\n').length;
      throw new UsageError(`${file}:${line}: not NAME=VALUE`, {
        hint: 'nothing was changed; correct the line, or begin it with #',
      });
    }
    at += found.length;
  }
}
