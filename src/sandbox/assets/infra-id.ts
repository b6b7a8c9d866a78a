const MAX_NAME_LENGTH = 21;
const SUFFIX_LENGTH = 5;
const SUFFIX_ALPHABET = 'bcdfghjklmnpqrstvwxz2456789';

export interface InfraId {
  readonly infraID: string;
  readonly truncated: boolean;
}

/** The infraID: at most 21 characters of the cluster name, a dash and 5 random characters. */
export function generateInfraId(clusterName: string, randomBelow: (limit: number) => number): InfraId {
  const clean = clusterName.replace(/[^A-Za-z0-9-]/g, '-').replace(/-+/g, '-');
  const base = clean.slice(0, MAX_NAME_LENGTH).replace(/-+$/, '');
  const suffix = Array.from({ length: SUFFIX_LENGTH }, () =>
    SUFFIX_ALPHABET.charAt(randomBelow(SUFFIX_ALPHABET.length)),
  );
  return { infraID: `${base}-${suffix.join('')}`, truncated: clean.length > MAX_NAME_LENGTH };
}
