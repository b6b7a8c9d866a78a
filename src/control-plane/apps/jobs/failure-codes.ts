import type { FailureExplanation } from '../../kernel/jobs/failure-codes.ts';

/** Why jobs of applications fail. */
export const APP_FAILURES = {
  BACKUP_CORRUPT: {
    retried: false,
    cause:
      'What is stored of a backup is not what was written: it was changed, cut off or removed. Nothing was made from it. A backup that finds this when it reads itself back is made again.',
    remedy: 'Restore another backup: `ocpctl app db backups` shows which ones were proven.',
  },
  BACKUP_DIFFERS: {
    retried: false,
    cause: 'A restored backup has other tables or rows than its database had when it was made.',
    remedy:
      'Make another backup and verify it: `ocpctl app db backup NAME`, then `ocpctl app db verify NAME`.',
  },
  BACKUP_STORAGE: {
    retried: true,
    cause: 'The artifact store could not be written or read.',
    remedy: 'The message has its error. Then `ocpctl app db backup NAME`.',
  },
  BUILD_FAILED: {
    retried: false,
    cause: 'A command of the build failed. The live release stays live.',
    remedy: 'See the last lines in `ocpctl app get NAME`, correct the source and deploy again.',
  },
  BUILD_TOOL_MISSING: {
    retried: true,
    isCounted: false,
    cause: 'The host of the applications lacks a program that the build needs.',
    remedy: '`ocpctl app doctor` names it and the command that installs it.',
  },
  BUILD_INFRASTRUCTURE: {
    retried: true,
    cause: 'The disk or the network failed during the build.',
    remedy: 'None if it was an outage. `ocpctl app logs NAME --build` shows the output.',
  },
  CHECK_FAILED: {
    retried: false,
    cause:
      'The new instance did not pass its check in time. It was removed, and the live release stays live.',
    remedy:
      'See the last lines of its log in `ocpctl app get NAME`. Listen on PORT, or set `health.path` and `health.startSeconds`.',
  },
  DATABASE_ENGINE_MISSING: {
    retried: false,
    cause:
      'The host of the applications has no programs of PostgreSQL, or not of the version that made the data.',
    remedy:
      'Install it there, as with `apt-get install postgresql`. A database that has data starts then by itself; a new one is destroyed and created again.',
  },
  DATABASE_FAILED: {
    retried: true,
    cause: 'The server of the database could not be made or started.',
    remedy:
      'The message has the last lines of its log. A database that was available is started again by itself.',
  },
  INSTANCE_EXITED: {
    retried: false,
    cause: 'The new instance ended before it passed its check. The live release stays live.',
    remedy: 'See the last lines of its log in `ocpctl app get NAME`.',
  },
  PLAN_FAILED: {
    retried: false,
    cause: 'It is not clear how to build or start the source.',
    remedy:
      '`ocpctl app deploy --plan` says what was looked for. Set `start` in `app.yaml`, or pass `--start`.',
  },
  RELEASE_UNUSABLE: {
    retried: false,
    cause: 'A part of the release is gone: its build or its variables. Nothing was stopped.',
    remedy: 'Deploy again, or roll back to another release.',
  },
  RESIDUE_FOUND: {
    retried: true,
    cause: 'Something of the environment is still on the host after its destroy.',
    remedy: '`ocpctl app env list` shows it as DESTROY_FAILED; the destroy is repeated by itself.',
  },
  ROTATION_BLOCKED: {
    retried: false,
    cause: 'A service could not be deployed with the new login of its database. Both logins are valid.',
    remedy: 'See the deployment in `ocpctl app get NAME`, then `ocpctl app db rotate NAME` goes on.',
  },
  ROTATION_WAITS: {
    retried: true,
    cause:
      'No worker had a free slot for the deployments of the services. Both logins of the database are valid.',
    remedy: 'None: it goes on by itself. `--concurrency` of the server is the number of slots of a worker.',
  },
  RUNTIME_FAILED: {
    retried: true,
    cause: 'The runtime could not start or stop an instance.',
    remedy: 'See the log of the worker, by job id.',
  },
  RUNTIME_REFUSED: {
    retried: false,
    cause: 'The runtime of this host cannot run such an instance.',
    remedy: '`ocpctl app doctor` shows what it can run.',
  },
  RUNTIME_UNAVAILABLE: {
    retried: true,
    isCounted: false,
    cause: 'The runtime of the host cannot be used at the moment.',
    remedy: '`ocpctl app doctor` says why, and the command that changes it.',
  },
  SOURCE_UNUSABLE: {
    retried: false,
    cause: 'The uploaded source is not what its hash says, or contains something that is not unpacked.',
    remedy: 'Deploy again. The message names the entry.',
  },
  VOLUME_UNUSABLE: {
    retried: false,
    cause: 'The data of the volume is not on the host, or another runtime keeps it. Nothing was stopped.',
    remedy:
      '`ocpctl app doctor` shows which runtime is selected. Set OCPCTL_APP_RUNTIME back, or restore the data.',
  },
  VARIABLES_UNRESOLVED: {
    retried: false,
    cause: 'A variable refers to something that does not exist.',
    remedy: 'Correct the reference that the message names with `ocpctl app var set`.',
  },
} as const satisfies Readonly<Record<string, FailureExplanation>>;
