import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { reportError } from '../../src/cli/errors/error-report.ts';
import { mapSetupErrors } from '../../src/cli/server/map-setup-errors.ts';
import { InstallerError } from '../../src/control-plane/clusters/installer/installer-error.ts';
import { ArtifactError } from '../../src/control-plane/kernel/artifacts/artifact-error.ts';
import { databaseSetupError } from '../../src/control-plane/kernel/db/database-setup-error.ts';
import {
  DatabaseFullError,
  DatabaseUnavailableError,
  fileError,
  SetupError,
} from '../../src/control-plane/kernel/errors.ts';
import { SpawnFailedError } from '../../src/control-plane/kernel/process/guarded-program.ts';
import { SecretUnreadableError } from '../../src/control-plane/kernel/secrets/secret-store.ts';

const CONTROL_PLANE = fileURLToPath(new URL('../../src/control-plane/', import.meta.url));

/** An error of the system, as Node.js throws it. */
function systemError(code: string, message: string): Error {
  return Object.assign(new Error(`${code}: ${message}, write`), { code, errno: -1, syscall: 'write' });
}

/** An error of PostgreSQL, as both engines throw it. */
function postgresError(code: string, message: string): Error {
  return Object.assign(new Error(message), { code, severity: 'ERROR' });
}

async function reportOf(error: unknown) {
  const thrown = await mapSetupErrors(() => Promise.reject(error)).catch((mapped: unknown) => mapped);
  return reportError(thrown);
}

const FULL = systemError('ENOSPC', 'no space left on device');

describe('V5: what an operator or the machine did is not called a bug, and says what to do', () => {
  test.each([
    [
      'the database is away',
      new DatabaseUnavailableError('the database cannot be reached'),
      'DATABASE_UNAVAILABLE',
      7,
    ],
    ['the disk of the database is full', new DatabaseFullError(FULL), 'DATABASE_UNAVAILABLE', 7],
    ['a setting is wrong', new SetupError('wrong', { hint: 'set it' }), 'SETUP', 1],
    ['the lock file cannot be written', fileError('cannot write it', FULL), 'SETUP', 1],
    ['any file cannot be written', FULL, 'SYSTEM_ERROR', 1],
    ['the role has no rights', databaseSetupError(postgresError('42501', 'permission denied')), 'SETUP', 1],
    [
      'a table was dropped',
      databaseSetupError(postgresError('42P01', 'relation "x" is missing')),
      'SETUP',
      1,
    ],
    ['the data is damaged', databaseSetupError(postgresError('XX001', 'invalid page')), 'SETUP', 1],
    [
      'an installer is missing',
      new InstallerError('INSTALLER_NOT_FOUND', 'no', { hint: 'get it' }),
      'INSTALLER_NOT_FOUND',
      3,
    ],
  ])('%s', async (_, error, code, exitCode) => {
    expect(await reportOf(error)).toMatchObject({ code, exitCode, hint: expect.stringMatching(/./) });
  });

  test.each([
    ['the artifact store', new ArtifactError('STORAGE_FULL', 'no space left')],
    ['a secret', new SecretUnreadableError({ ownerId: 'key_1', kind: 'access-key' }, 'its key is missing')],
    ['a program', new SpawnFailedError('EACCES', 'cannot be run')],
  ])('%s that cannot be used', async (_, error) => {
    expect(await reportOf(error)).toMatchObject({ code: 'SETUP', exitCode: 1, message: error.message });
  });

  test('everything else is one', async () => {
    expect(await reportOf(new TypeError('x is undefined'))).toMatchObject({ code: 'BUG' });
    expect(await reportOf(databaseSetupError(postgresError('23505', 'duplicate key')))).toMatchObject({
      code: 'BUG',
    });
  });
});

/** Caught in the control plane: they reach no command. */
const INTERNAL: Readonly<Record<string, string>> = {
  AddressNotPermittedError: 'is the result of a delivery',
  AppError: 'is an answer to a request',
  AwsError: 'is the failure of a job',
  BodyTooLargeError: 'is an answer of the edge',
  BrokenAuditLogError: 'is logged by its task',
  BuildError: 'is the failure of a job',
  ClientGoneError: 'ends a request at the edge',
  ClusterApiError: 'is the failure of a job',
  DatabaseError: 'is the failure of a job',
  EngineFileError: 'is read by the embedded database',
  GuardLostError: 'is the failure of a job',
  WorkerSilentError: 'is the failure of a job',
  IbmcloudError: 'is the failure of a job',
  JobFailure: 'is the failure of a job',
  JobStoppedError: 'ends an attempt',
  LeaseLostError: 'ends an attempt',
  ProgramFailedError: 'is the failure of a job',
  RuntimeError: 'is the failure of a job',
  ServerConnectionError: 'is the failure of a job',
  SignatureRejectedError: 'is an answer to a request',
  SnapshotError: 'is the failure of a job',
  SourceError: 'is the failure of a job, or an answer to a request',
  StsNoAnswerError: 'is an answer to a request',
  TaskLostError: 'ends the run of a periodic task',
  UnresolvedVariableError: 'is the failure of a job, or an answer to a request',
};

test('V5: of each class of errors it is decided whether a command maps it', () => {
  const files = readdirSync(CONTROL_PLANE, { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.ts'),
  );
  const declared = files.flatMap((name) =>
    [...readFileSync(join(CONTROL_PLANE, name), 'utf8').matchAll(/class (\w+) extends \w*Error\b/g)].map(
      ([, found = '']) => found,
    ),
  );
  const mapped = readFileSync(new URL('../../src/cli/server/map-setup-errors.ts', import.meta.url), 'utf8');
  expect(declared.length).toBeGreaterThan(12);
  expect(declared.filter((name) => !(name in INTERNAL) && !mapped.includes(`'${name}'`))).toEqual([]);
});
