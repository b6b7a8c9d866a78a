/** What is wrong with a tag, and how to correct it. */
export interface TagFault {
  readonly code: 'INVALID_FORMAT' | 'RESERVED';
  readonly message: string;
  readonly fix: string;
}

/**
 * Limits of AWS: key 1 to 128, value 1 to 256 characters (the installer rejects empty values) of letters, digits, spaces and
 * `_ . : / = + - @`; at most 25 tags, which is the installer's limit and includes the system tags.
 */
export const TAG_LIMITS = {
  maxTags: 25,
  maxKey: 128,
  maxValue: 256,
  allowed: /^[0-9A-Za-z _.:/=+\-@]*$/,
  characters: 'ASCII letters, digits, spaces and _ . : / = + - @',
} as const;

/**
 * Keys by which the installer and the platform identify the owner of a resource. A tag with such a key could make another cluster's
 * destroy delete the resource.
 */
const RESERVED: readonly { readonly test: RegExp; readonly message: string }[] = [
  { test: /^name$/i, message: 'the installer sets the key Name on each resource' },
  {
    test: /^(aws|ibm|kubernetes|openshift):/i,
    message: 'keys with this prefix are reserved for the platform',
  },
  {
    test: /(^|[./])(kubernetes\.io|k8s\.io|openshift\.io)($|\/)/i,
    message: 'keys in this namespace are reserved for the cluster',
  },
  {
    test: /^openshiftclusterid$/i,
    message: 'the installer selects the resources that it deletes by this key',
  },
];

/** @returns every reason why AWS would reject a tag, or why it could claim what is not of this cluster. */
export function awsTagFaults(key: string, value: string): TagFault[] {
  const { maxKey, maxValue, allowed, characters } = TAG_LIMITS;
  const faults: TagFault[] = [];
  const invalid = (message: string, fix: string) => faults.push({ code: 'INVALID_FORMAT', message, fix });
  if (key === '' || key.length > maxKey)
    invalid(`the key must have 1 to ${maxKey} characters, not ${key.length}`, 'shorten the key');
  if (value === '' || value.length > maxValue) {
    const fix = value === '' ? 'set a value' : 'shorten the value';
    invalid(`the value must have 1 to ${maxValue} characters, not ${value.length}`, fix);
  }
  if (key !== key.trim()) invalid('the key begins or ends with a space', 'remove the space');
  if (!allowed.test(key) || !allowed.test(value))
    invalid(`AWS tags allow only ${characters}`, 'replace the other characters');
  // The Elastic Load Balancing API reserves the prefix in values as well.
  const reserved = /^aws:/i.test(value)
    ? 'values with the prefix aws: are reserved for AWS'
    : RESERVED.find(({ test }) => test.test(key.trim()))?.message;
  if (reserved !== undefined) {
    const fix = /^aws:/i.test(value) ? 'use another value' : 'use another key';
    faults.push({ code: 'RESERVED', message: reserved, fix });
  }
  return faults;
}

/**
 * @returns the key of `others` that is `key` in other upper and lower case. IAM compares keys without case, so a role cannot have both:
 * "Duplicate tag keys found. Please note that Tag keys are case insensitive."
 */
export function sameKeyInOtherCase(key: string, others: Iterable<string>): string | undefined {
  for (const other of others) {
    if (other !== key && other.toLowerCase() === key.toLowerCase()) return other;
  }
  return undefined;
}
