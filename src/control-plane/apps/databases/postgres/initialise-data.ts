import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ifReadable } from '../../../kernel/process/instance/if-readable.ts';
import { runProgram } from '../../../kernel/process/run-program.ts';
import { DatabaseError } from '../database-error.ts';
import type { PostgresPrograms } from './postgres-programs.ts';

/** Superuser of the server, for this program alone. */
export const ADMIN_LOGIN = 'ocpctl';
const TIMEOUT_MS = 120_000;
/** `initdb` takes the password from a file only: here its stdin, which is a pipe that its user can open. */
const WITH_PASSWORD_ON_STDIN = 'cat | exec "$0" "$@"';

/**
 * Makes the files of a new PostgreSQL server in `DIRECTORY/data`. The password is in no argument, file or variable.
 * @param user owner of the directory: `initdb` refuses root, and users without a name
 */
export async function initialiseData(
  { directory: programs }: PostgresPrograms,
  {
    directory,
    password,
    user,
  }: {
    readonly directory: string;
    readonly password: string;
    readonly user: { readonly uid: number; readonly gid: number } | undefined;
  },
): Promise<void> {
  const args = [
    ...['-D', join(directory, 'data'), '--username', ADMIN_LOGIN, '--pwfile=/dev/stdin'],
    ...['--auth-local=reject', '--auth-host=scram-sha-256', '--encoding=UTF8', '--locale=C.UTF-8'],
    ...['--data-checksums', '--no-instructions'],
  ];
  const { code, stderr } = await runProgram(
    '/bin/sh',
    ['-c', WITH_PASSWORD_ON_STDIN, join(programs, 'initdb'), ...args],
    {
      env: { PATH: '/usr/bin:/bin', TZ: 'UTC' },
      input: password,
      timeoutMs: TIMEOUT_MS,
      cwd: directory,
      ...(user === undefined ? {} : { user }),
    },
  );
  if (code === 0) return;
  const reason = stderr.trim().split('\n').slice(-3).join('; ').replaceAll(password, '***');
  throw new DatabaseError('failed', `initdb failed: ${reason === '' ? 'it was killed' : reason}`);
}

/** The user of the system who owns the files of PostgreSQL until they are given to the user of the environment. */
export function initialUser(): { readonly uid: number; readonly gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const lines = (ifReadable(() => readFileSync('/etc/passwd', 'utf8')) ?? '').split('\n');
  for (const wanted of ['postgres', 'daemon']) {
    const [, , uid, gid] = lines.find((line) => line.startsWith(`${wanted}:`))?.split(':') ?? [];
    if (uid !== undefined && gid !== undefined) return { uid: Number(uid), gid: Number(gid) };
  }
  throw new DatabaseError('engine-missing', 'the host has neither a user postgres nor a user daemon');
}
