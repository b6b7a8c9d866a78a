import { string } from '@oclif/core/flags';
import { UsageError } from '../errors/cli-error.ts';

const ROLES = ['requester', 'auditor', 'platform_admin'] as const;
type Role = (typeof ROLES)[number];

export const roleFlag = (description: string) =>
  string({ description: `${description}: ${ROLES.join(', ')}`, helpValue: 'ROLE', options: [...ROLES] });

/** @returns the role for the value of a role flag. */
export function parseRole(text: string | undefined): Role | undefined {
  return ROLES.find((name) => name === text);
}

/** The grant that --role and --team describe; a bare name is that of a local principal. @throws UsageError that names the missing flag */
export function grantFromFlags(
  principal: string,
  flags: { readonly role?: string | undefined; readonly team?: string | undefined },
): { principal: string; role: Role; team: string } {
  const role = parseRole(flags.role);
  const { team } = flags;
  if (role !== undefined && team !== undefined) return { principal: localPrincipal(principal), role, team };
  const missing = [
    ...(role === undefined ? [{ flag: '--role', use: `--role ${ROLES.join('|')}` }] : []),
    ...(team === undefined ? [{ flag: '--team', use: '--team NAME' }] : []),
  ];
  const all = team !== undefined || role === 'requester' ? '' : ", or --team '*' for all teams";
  throw new UsageError(
    `missing flag${missing.length === 1 ? '' : 's'} ${missing.map(({ flag }) => flag).join(', ')}`,
    { hint: `use ${missing.map(({ use }) => use).join(' ')}${all}` },
  );
}

/** @returns the principal for `NAME` or `local:NAME`. */
export function localPrincipal(text: string): string {
  return text.includes(':') ? text : `local:${text}`;
}
