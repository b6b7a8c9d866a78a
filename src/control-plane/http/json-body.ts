import { isStorable } from '../kernel/db/codec.ts';
import { AppError } from '../kernel/errors.ts';

const MAX_DEPTH = 32;

/** @throws AppError BAD_REQUEST unless the bytes are JSON in UTF-8 of reasonable depth with nothing hidden in it. */
export function parseJson(bytes: Uint8Array): unknown {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    if (depthOf(text) > MAX_DEPTH) throw new SyntaxError('too deep');
    return JSON.parse(text, (key, value: unknown) => {
      if (key === '__proto__') throw new SyntaxError('__proto__');
      if (!isStorable(key) || !isStorable(value)) throw new SyntaxError('not a text');
      return value;
    });
  } catch (cause) {
    throw new AppError(
      'BAD_REQUEST',
      `The body is not JSON in UTF-8, or it is nested deeper than ${MAX_DEPTH} levels.`,
      { cause },
    );
  }
}

/** How deep brackets nest, those in strings aside: known before a recursive reader is let loose on them. */
function depthOf(text: string): number {
  let depth = 0;
  let deepest = 0;
  let inString = false;
  for (let i = 0; i < text.length; i++) {
    const character = text[i];
    if (inString) {
      if (character === '\\') i++;
      else if (character === '"') inString = false;
    } else if (character === '"') inString = true;
    else if (character === '{' || character === '[') deepest = Math.max(deepest, ++depth);
    else if (character === '}' || character === ']') depth--;
  }
  return deepest;
}
