/**
 * Limits of tags. AWS: key 1 to 128, value 1 to 256 characters (the installer rejects empty values) of letters,
 * digits, spaces and `_ . : / = + - @`; at most 25 tags, which is the installer's limit and includes the system tags.
 * IBM Cloud: one text `key:value` of at most 128 letters, digits, spaces and `_ - .`; a colon separates key and value.
 */
export const TAG_LIMITS = {
  aws: {
    maxTags: 25,
    maxKey: 128,
    maxValue: 256,
    maxTogether: 384,
    key: /^[0-9A-Za-z _.:/=+\-@]*$/,
    value: /^[0-9A-Za-z _.:/=+\-@]*$/,
    characters: 'ASCII letters, digits, spaces and _ . : / = + - @',
  },
  ibmcloud: {
    maxTags: 25,
    maxKey: 126,
    maxValue: 126,
    maxTogether: 127,
    key: /^[0-9A-Za-z _.-]*$/,
    value: /^[0-9A-Za-z _.:-]*$/,
    characters: 'ASCII letters, digits, spaces and _ . - (values: also :)',
  },
} as const;

/** Request fields that become tags: short enough for every platform. */
export const TAG_VALUE = /^[0-9A-Za-z _.:/=+\-@]{1,100}$/;

/** @returns `text` as a valid tag value of the platform: other characters are replaced by "-", and it is never empty. */
export function tagValueOf(text: string, platform: keyof typeof TAG_LIMITS = 'aws', maxLength = 100): string {
  const { value } = TAG_LIMITS[platform];
  const clean = Array.from(text, (character) => (value.test(character) ? character : '-')).join('');
  return clean.slice(0, maxLength) || '-';
}
