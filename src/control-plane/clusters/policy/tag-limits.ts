/**
 * Limits of AWS tags: key 1 to 128, value 1 to 256 characters (the installer rejects empty values) of letters, digits,
 * spaces and `_ . : / = + - @`; at most 25 tags, which is the installer's limit and includes the system tags.
 */
export const TAG_LIMITS = {
  maxTags: 25,
  maxKey: 128,
  maxValue: 256,
  allowed: /^[0-9A-Za-z _.:/=+\-@]*$/,
  characters: 'ASCII letters, digits, spaces and _ . : / = + - @',
} as const;

/** Request fields that become tags. */
export const TAG_VALUE = /^[0-9A-Za-z _.:/=+\-@]{1,100}$/;

/** @returns `text` as a valid tag value: other characters are replaced by "-", and it is never empty. */
export function tagValueOf(text: string): string {
  const clean = Array.from(text, (character) => (TAG_LIMITS.allowed.test(character) ? character : '-')).join(
    '',
  );
  return clean.slice(0, 100) || '-';
}
