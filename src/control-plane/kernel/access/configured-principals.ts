import { SetupError } from '../errors.ts';
import { principalOfCaller, principalOfRoleArn } from './principal.ts';

const PRINCIPAL = /^(?:(?:user|role|sso):\d{12}:|local:)[!-~]{1,280}$/;

/**
 * Principals as an operator writes them: the short form, or the ARN of a user or role.
 * @returns them in the short form, and what to tell the operator about them
 * @throws SetupError for what can be no principal, and for one that is named twice
 */
export function configuredPrincipals(texts: readonly string[]): { principals: string[]; warnings: string[] } {
  const warnings: string[] = [];
  const principals = texts.map((text) => {
    if (PRINCIPAL.test(text)) return text;
    const found = principalOfRoleArn(text) ?? principalOfCaller(text);
    if (!found) {
      throw new SetupError(`${text} is no principal`, {
        hint: 'user:ACCOUNT:NAME, role:ACCOUNT:NAME, sso:ACCOUNT:PERMISSION_SET, local:NAME, or the ARN of a user or role',
      });
    }
    if ('path' in found && found.path !== '')
      warnings.push(`${text}: the path of a role is not known to STS; ${found.principal} is meant`);
    return found.principal;
  });
  const twice = principals.find((principal, index) => principals.indexOf(principal) !== index);
  if (twice !== undefined) throw new SetupError(`${twice} is named twice`);
  return { principals, warnings };
}
