import { MIN_SECRET_CHARACTERS } from './secret-forms.ts';
import { REDACTED } from './secret-patterns.ts';

export interface SecretMatcher {
  /** Adds a text of at least 8 characters. A text that was added twice must be dropped twice. */
  add(text: string): void;
  drop(text: string): void;
  replace(line: string): string;
}

/**
 * Finds any of many texts in a line, the longest one where several begin. Texts are indexed by their first characters, so the cost
 * depends on the length of the line and not on the number of texts, of which a server has thousands.
 */
export function createSecretMatcher(): SecretMatcher {
  const uses = new Map<string, number>();
  const byHead = new Map<string, readonly string[]>();
  const headOf = (text: string) => text.slice(0, MIN_SECRET_CHARACTERS);

  const longestAt = (line: string, at: number): string | undefined =>
    byHead.get(line.slice(at, at + MIN_SECRET_CHARACTERS))?.find((text) => line.startsWith(text, at));

  return {
    add(text) {
      const count = uses.get(text) ?? 0;
      uses.set(text, count + 1);
      if (count > 0) return;
      const others = byHead.get(headOf(text)) ?? [];
      byHead.set(
        headOf(text),
        [...others, text].sort((a, b) => b.length - a.length),
      );
    },
    drop(text) {
      const count = uses.get(text) ?? 0;
      if (count > 1) uses.set(text, count - 1);
      if (count !== 1) return;
      uses.delete(text);
      const others = (byHead.get(headOf(text)) ?? []).filter((other) => other !== text);
      if (others.length > 0) byHead.set(headOf(text), others);
      else byHead.delete(headOf(text));
    },
    replace(line) {
      if (byHead.size === 0) return line;
      let out = '';
      let from = 0;
      for (let at = 0; at <= line.length - MIN_SECRET_CHARACTERS; ) {
        const found = longestAt(line, at);
        if (found === undefined) at += 1;
        else {
          out += line.slice(from, at) + REDACTED;
          at += found.length;
          from = at;
        }
      }
      return out + line.slice(from);
    },
  };
}
