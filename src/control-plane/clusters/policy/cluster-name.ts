import type { FieldProblem } from '../../../contract/error-codes.ts';

const MAX_LENGTH = 54;
const MAX_DOMAIN_LENGTH = 253;
const LABEL = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;

/**
 * A cluster name is one RFC 1123 label of at most 54 characters. The installer allows dots on some platforms; they are
 * rejected here, because certificates and the DNS delegation of a base domain usually cover a single label.
 */
export function clusterNameProblems(name: string, baseDomain: string): FieldProblem[] {
  const allowed = ['1 to 54 of a-z, 0-9 and "-", starting and ending with a letter or digit'];
  const invalid = (message: string): FieldProblem[] => [
    { field: 'name', code: 'INVALID_FORMAT', message, allowed },
  ];
  if (name === '') return [{ field: 'name', code: 'REQUIRED', message: 'the name is required', allowed }];
  if (name.length > MAX_LENGTH)
    return invalid(`the name has ${name.length} characters; the maximum is ${MAX_LENGTH}`);
  if (name.includes('.')) return invalid('the name must not contain dots; set the domain with baseDomain');
  if (!LABEL.test(name))
    return invalid('the name must consist of lower-case letters, digits and inner hyphens');
  if (name.length + 1 + baseDomain.length > MAX_DOMAIN_LENGTH) {
    return invalid(`name and base domain together exceed ${MAX_DOMAIN_LENGTH} characters`);
  }
  return [];
}
