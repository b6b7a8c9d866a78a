import type { ErrorExplanation } from '../../contract/error-codes.ts';
import type { ExitCode } from './exit-codes.ts';

/** Codes of errors that the command line finds itself, for docs/errors.md. Not loaded by any command. */
export const CLI_ERRORS = {
  ACCESS_DENIED: {
    exitCode: 11,
    cause: '`ocpctl admin grants test` found an operation that would be denied.',
    remedy: 'The table shows which, and which role is missing.',
  },
  AMBIGUOUS_NAME: {
    exitCode: 5,
    cause: 'More than one cluster has this name.',
    remedy: 'Use an id; the hint lists them.',
  },
  AUDIT_BROKEN: {
    exitCode: 11,
    cause: '`ocpctl admin audit verify` found a fault in the audit log.',
    remedy: 'Keep the database as it is: [audit.md](audit.md#what-to-do-then).',
  },
  AWS_CREDENTIALS_FAILED: {
    exitCode: 4,
    cause: 'The AWS profile gave an error instead of credentials.',
    remedy: '`aws sts get-caller-identity` with the same profile must succeed.',
  },
  BUG: {
    exitCode: 1,
    cause: 'A bug in ocpctl.',
    remedy: 'Repeat with `--debug` and report the output.',
  },
  CA_FILE: {
    exitCode: 1,
    cause: 'The file of certificate authorities cannot be read, or holds no certificate.',
    remedy: 'Correct `OCPCTL_CA_FILE` or `--ca-file` of the context.',
  },
  CANCELLED: {
    exitCode: 10,
    cause: 'The job that was waited for was cancelled.',
    remedy: '`ocpctl jobs get` shows by whom.',
  },
  CONFIG_INVALID: {
    exitCode: 1,
    cause: '`config.json` is not of its form.',
    remedy: 'Fix or delete the file.',
  },
  CONFIG_LOCKED: {
    exitCode: 1,
    cause: 'Another process holds the lock of a file of the command line.',
    remedy:
      'Retry. If no other ocpctl (for a kubeconfig: or kubectl) runs, delete the lock file that the hint names.',
  },
  CONFIG_UNSAFE: {
    exitCode: 1,
    cause: '`config.json` holds keys, and other users can read it.',
    remedy: '`chmod 600` it.',
  },
  COST_FILE: {
    exitCode: 1,
    cause:
      'The file given to `ocpctl report reconcile` is not an export that it knows, is damaged, or has a row that cannot be understood.',
    remedy:
      'The message has the number of the row. Export a Cost and Usage Report or FOCUS again, as CSV, CSV.gz or Parquet ([usage.md](usage.md#the-bill)).',
  },
  DATABASE_UNAVAILABLE: {
    exitCode: 7,
    cause: 'The database of `ocpctl server` does not answer, or its disk is full.',
    remedy:
      'Check the database and its disk, then start the server again. `--database-wait` sets how long it waits.',
  },
  FILE_EXISTS: {
    exitCode: 5,
    cause: 'The file for the kubeconfig exists and belongs to something else.',
    remedy: 'Choose another file, or delete it.',
  },
  INSECURE_SERVER: {
    exitCode: 1,
    cause: 'Signing in with AWS credentials over plain HTTP to another host.',
    remedy: 'Use the `https://` URL of the server.',
  },
  INTERRUPTED: {
    exitCode: 130,
    cause:
      'Ctrl-C (130) or SIGTERM (143) while waiting, or before a server was ready. Operations on a server continue.',
    remedy: 'The hint, if there is one, has the command that resumes the waiting.',
  },
  KUBECONFIG_UNREADABLE: {
    exitCode: 1,
    cause:
      'A kubeconfig is not YAML, or has other fields than kubectl writes. The message says where, and has no text of the file, which may be a key.',
    remedy:
      'Correct the file, or choose another one with `--file`. `FILE.before-ocpctl`, if it is there, is the one before the last change by ocpctl.',
  },
  NOT_DELIVERED: {
    exitCode: 10,
    cause: 'A target of notifications did not accept the test event.',
    remedy:
      'The message says what it answered. Correct the target, or remove it and add it with another URL.',
  },
  NO_AWS_CREDENTIALS: {
    exitCode: 4,
    cause: 'There are no AWS credentials, or the SSO session is over.',
    remedy: '`aws sso login`, or another `--aws-profile`.',
  },
  NO_AWS_SIGN_IN: {
    exitCode: 4,
    cause: 'The server does not accept AWS credentials.',
    remedy: 'Use a key: `ocpctl context add --access-key-id`. The operator enables AWS with `--auth sts`.',
  },
  NO_BUILD: {
    exitCode: 1,
    cause: 'The last deployment of the service took an earlier build, or there is none.',
    remedy: '`ocpctl app get NAME` shows the deployment; its log is that of `ocpctl app logs NAME`.',
  },
  NO_CREDENTIALS: {
    exitCode: 4,
    cause: 'There is no key for the server.',
    remedy: 'Choose a context that has one, or set `OCPCTL_ACCESS_KEY_ID` and `OCPCTL_SECRET_ACCESS_KEY`.',
  },
  NO_SERVER: {
    exitCode: 7,
    cause: 'No server is configured.',
    remedy: '`ocpctl context add`, or start one with `ocpctl server --sandbox`.',
  },
  NO_URL: {
    exitCode: 1,
    cause: 'The service is a worker, or no edge runs that requests could reach it through.',
    remedy: '`ocpctl app doctor` shows what runs. Start a server with the role `edge`.',
  },
  NOT_FOUND: {
    exitCode: 3,
    cause: 'Nothing of the teams of the caller has this name or id, or the cluster has no job.',
    remedy:
      'Check with the `list` of the same topic, for example `ocpctl list` or `ocpctl admin tasks list`.',
  },
  OPERATION_FAILED: {
    exitCode: 10,
    cause: 'The job that was waited for failed without a code. With one, that code is shown.',
    remedy: 'See [job failures](#job-failures).',
  },
  PROBLEMS_FOUND: {
    exitCode: 11,
    cause:
      '`ocpctl profiles validate` found problems in a profile, `ocpctl server installers verify` a damaged installer, or `ocpctl server check` a problem of the cloud account or the host.',
    remedy: 'The output shows what to correct. A deleted installer is downloaded again.',
  },
  PROOF_INVALID: {
    exitCode: 11,
    cause:
      '`ocpctl proof verify`: the proof was changed, signed with another key, or does not state that nothing is left.',
    remedy:
      'Get it again with `ocpctl get NAME --proof`, and compare the key: [destroy-proof.md](destroy-proof.md#the-proof).',
  },
  RESIDUE: {
    exitCode: 11,
    cause: '`ocpctl try` found resources after its destroy.',
    remedy: 'Report it.',
  },
  SERVER_FAILED: {
    exitCode: 1,
    cause: 'The server that `ocpctl try` starts did not come up.',
    remedy: 'The message has the end of its log.',
  },
  SETUP: {
    exitCode: 1,
    cause: 'The control plane cannot run with these settings, this database or these files.',
    remedy: 'The message names what is wrong, the hint what to change: [configuration.md](configuration.md).',
  },
  SIGN_IN_REFUSED: {
    exitCode: 4,
    cause: 'The server does not accept the proof of the AWS credentials.',
    remedy: 'Check the credentials, and that the audience of context and server is the same.',
  },
  SOURCE_CHANGED: {
    exitCode: 1,
    cause: 'A file of the directory of a service changed while it was packed.',
    remedy: 'Run the command again, without a program that writes there.',
  },
  SOURCE_EMPTY: {
    exitCode: 1,
    cause: 'No file of the directory is left after `.gitignore` and `.ocpctlignore`.',
    remedy: 'Give the directory of the source, or correct these files.',
  },
  SOURCE_LINK: {
    exitCode: 1,
    cause: 'A symbolic link leads out of the directory.',
    remedy: 'Replace it by what it leads to, or name it in `.ocpctlignore`.',
  },
  SOURCE_TOO_LARGE: {
    exitCode: 1,
    cause:
      'The directory has more, or more files, than can be deployed. The message has the largest of what is in it.',
    remedy: 'Name what the service does not need in `.ocpctlignore`.',
  },
  STATE_CONFLICT: {
    exitCode: 5,
    cause:
      'With `--if-not-exists`: a cluster of the name exists, but is being destroyed, or differs in what cannot be changed any more. `ocpctl outputs`: the cluster is not READY yet, or is gone.',
    remedy: 'Choose another name, or wait for the cluster. The details name each field that differs.',
  },
  STEP_FAILED: {
    exitCode: 1,
    cause: 'A command of `ocpctl try` failed. The exit code is that of the command.',
    remedy: 'Its output is above the error.',
  },
  STILL_RUNNING: {
    exitCode: 8,
    cause: '`--timeout` passed while the work continues.',
    remedy: '`ocpctl wait` or `ocpctl logs -f`.',
  },
  PROGRAM_NOT_FOUND: {
    exitCode: 127,
    cause: 'The command of `ocpctl run` is not in PATH, or cannot be executed. No cluster was created.',
    remedy: 'Correct the command after `--`.',
  },
  SYSTEM_ERROR: {
    exitCode: 1,
    cause: 'The operating system rejected a call: a missing file, no permission, a full disk.',
    remedy: 'The message names the path.',
  },
  UNEXPECTED_ANSWER: {
    exitCode: 1,
    cause: 'The answer is not one of an ocpctl server.',
    remedy: 'Check the URL of the server and proxies in between.',
  },
  UNREACHABLE: {
    exitCode: 7,
    cause: 'No connection to the server, or no answer in time.',
    remedy: 'Check that the server runs, its URL, and the certificate.',
  },
  USAGE: {
    exitCode: 2,
    cause: 'A flag, argument or value is wrong.',
    remedy: 'Repeat with `--help`.',
  },
} as const satisfies Readonly<Record<string, ErrorExplanation & { readonly exitCode: ExitCode }>>;
