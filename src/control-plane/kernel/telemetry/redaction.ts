import { formsOf, MIN_SECRET_CHARACTERS } from './secret-forms.ts';
import { createSecretMatcher } from './secret-matcher.ts';
import { isSecretName, REDACTED, redactPatterns } from './secret-patterns.ts';

const PEM_BEGIN = /-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----/;
const PEM_END = /-----END [A-Z0-9 ]*PRIVATE KEY-----/;

export interface Redactor {
  /**
   * From now on replaces this value in every form of `formsOf`. Values under 8 characters are ignored, because they would hide
   * ordinary words. @returns a function that removes the value again
   */
  register(value: string): () => void;
  /** Replaces known values, then everything that matches a secret pattern. Pass whole lines: a split secret is not recognised. */
  redactLine(line: string): string;
  /** Redacts every string within a JSON value. A string under a name like `password` is always replaced. */
  redactValue(value: unknown): unknown;
}

export function createRedactor(): Redactor {
  const known = createSecretMatcher();
  const redactLine = (line: string): string => {
    const text = known.replace(line);
    return text.includes('\n') ? redactLines(text) : redactPatterns(text);
  };
  const redactValue = (value: unknown): unknown => {
    if (typeof value === 'string') return redactLine(value);
    if (Array.isArray(value)) return value.map(redactValue);
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(
      Object.entries(value).map(([name, inner]) => [
        redactLine(name),
        typeof inner === 'string' && isSecretName(name) ? REDACTED : redactValue(inner),
      ]),
    );
  };
  return {
    register(value) {
      if (value.trim().length < MIN_SECRET_CHARACTERS) return () => {};
      const forms = formsOf(value);
      for (const form of forms) known.add(form);
      let registered = true;
      return () => {
        if (registered) for (const form of forms) known.drop(form);
        registered = false;
      };
    },
    redactLine,
    redactValue,
  };
}

/** Redacts a text of several lines; a private key in it may span many lines. */
function redactLines(text: string): string {
  const lines: string[] = [];
  let withinKey = false;
  for (const line of text.split('\n')) {
    if (withinKey) withinKey = !PEM_END.test(line);
    else {
      withinKey = PEM_BEGIN.test(line) && !PEM_END.test(line);
      lines.push(redactPatterns(line));
    }
  }
  return lines.join('\n');
}
