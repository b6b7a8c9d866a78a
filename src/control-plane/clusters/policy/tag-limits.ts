/**
 * What a tag may look like. AWS: key 1 to 128, value 1 to 256 characters (the installer refuses empty values) of
 * letters, digits, spaces and `_ . : / = + - @`; 25 user tags at most, as the installer counts them, ours included.
 * IBM Cloud: one text `key:value` of at most 128 letters, digits, spaces and `_ - .`; a colon parts key from value.
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

/** Fields of a request that become tags: short enough to stay whole on every platform. */
export const TAG_VALUE = /^[0-9A-Za-z _.:/=+\-@]{1,100}$/;

/** @returns `text` as a value that the platform takes: foreign characters become "-", never empty. */
export function tagValueOf(text: string, platform: keyof typeof TAG_LIMITS = 'aws', maxLength = 100): string {
  const { value } = TAG_LIMITS[platform];
  const clean = Array.from(text, (character) => (value.test(character) ? character : '-')).join('');
  return clean.slice(0, maxLength) || '-';
}
