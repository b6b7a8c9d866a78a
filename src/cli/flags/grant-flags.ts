import { boolean, string } from '@oclif/core/flags';
import { UsageError } from '../errors/cli-error.ts';

const ROLES = ['requester', 'auditor', 'platform_admin'] as const;
type Role = (typeof ROLES)[number];

export const roleFlag = (description: string) => string({ description, options: [...ROLES] });

export const DRY_RUN_FLAG = {
  'dry-run': boolean({ description: 'show what would change and change nothing' }),
};

/** @returns the role that a flag with `options` names. */
export function parseRole(text: string | undefined): Role | undefined {
  return ROLES.find((name) => name === text);
}

/** The two flags that name a grant of a principal. @throws UsageError that names what is missing */
export function grantFromFlags(
  principal: string,
  flags: { readonly role?: string | undefined; readonly team?: string | undefined },
): { principal: string; role: Role; team: string } {
  const role = parseRole(flags.role);
  if (role === undefined) throw new UsageError('--role is missing', { hint: `--role ${ROLES.join('|')}` });
  if (flags.team === undefined) {
    const all = role === 'requester' ? '' : ", or --team '*' for all teams";
    throw new UsageError('--team is missing', { hint: `--team NAME${all}` });
  }
  return { principal, role, team: flags.team };
}

/** @returns the principal of a local user; the name alone is enough. */
export function localPrincipal(text: string): string {
  return text.includes(':') ? text : `local:${text}`;
}
