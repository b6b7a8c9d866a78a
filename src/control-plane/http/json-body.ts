import { isObject } from '../../contract/documents.ts';
import { isStorable } from '../kernel/db/codec.ts';
import { AppError } from '../kernel/errors.ts';

const MAX_DEPTH = 32;

/** @throws AppError BAD_REQUEST unless the bytes are JSON in UTF-8 of limited depth, without repeated keys and `__proto__`. */
export function parseJson(bytes: Uint8Array): unknown {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    const { depth, members } = measure(text);
    if (depth > MAX_DEPTH) throw new SyntaxError('too deep');
    let kept = 0;
    const parsed: unknown = JSON.parse(text, (key, value: unknown) => {
      if (key === '__proto__') throw new SyntaxError('__proto__');
      if (!isStorable(key) || !isStorable(value)) throw new SyntaxError('not a text');
      if (isObject(value)) kept += Object.keys(value).length;
      return value;
    });
    // JSON.parse keeps the last of equal keys; another reader of the same bytes could keep the first.
    if (kept !== members) throw new SyntaxError('a key is repeated');
    return parsed;
  } catch (cause) {
    throw new AppError(
      'BAD_REQUEST',
      `The body is not JSON in UTF-8, it repeats a key, or it is nested deeper than ${MAX_DEPTH} levels.`,
      { cause },
    );
  }
}

/** Nesting depth and number of members of all objects, counted outside of strings, before a recursive parser runs. */
function measure(text: string): { readonly depth: number; readonly members: number } {
  let depth = 0;
  let deepest = 0;
  let members = 0;
  let inString = false;
  for (let i = 0; i < text.length; i++) {
    const character = text[i];
    if (inString) {
      if (character === '\\') i++;
      else if (character === '"') inString = false;
    } else if (character === '"') inString = true;
    else if (character === '{' || character === '[') deepest = Math.max(deepest, ++depth);
    else if (character === '}' || character === ']') depth--;
    else if (character === ':') members++;
  }
  return { depth: deepest, members };
}
