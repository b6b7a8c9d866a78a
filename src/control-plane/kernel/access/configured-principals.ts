import { SetupError } from '../errors.ts';
import { principalOfCaller, principalOfRoleArn } from './principal.ts';

const PRINCIPAL = /^(?:(?:user|role|sso):\d{12}:|local:)[!-~]{1,280}$/;

/**
 * Reads the principals that an operator configured: in the short form, or as the ARN of a user or role.
 * @returns them in the short form, with warnings for the operator
 * @throws SetupError for an invalid principal, and for one that is configured twice
 */
export function configuredPrincipals(texts: readonly string[]): { principals: string[]; warnings: string[] } {
  const warnings: string[] = [];
  const principals = texts.map((text) => {
    if (PRINCIPAL.test(text)) return text;
    const found = principalOfRoleArn(text) ?? principalOfCaller(text);
    if (!found) {
      throw new SetupError(`invalid principal "${text}"`, {
        hint: 'use user:ACCOUNT:NAME, role:ACCOUNT:NAME, sso:ACCOUNT:PERMISSION_SET, local:NAME, or the ARN of a user or role',
      });
    }
    if ('path' in found && found.path !== '')
      warnings.push(`${text}: STS does not report the path of a role; using ${found.principal}`);
    return found.principal;
  });
  const twice = principals.find((principal, index) => principals.indexOf(principal) !== index);
  if (twice !== undefined) throw new SetupError(`principal ${twice} is configured twice`);
  return { principals, warnings };
}
