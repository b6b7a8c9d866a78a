import { string as stringArgument } from '@oclif/core/args';
import { boolean, string } from '@oclif/core/flags';
import { EXPECTED_FORMATS } from '../output/output-format.ts';
import { COLOR_CHOICES, PROGRESS_CHOICES } from '../output/terminal.ts';

/** A flag that can be given several times, each time with one word. */
export const REPEATED_FLAG = { multiple: true, multipleNonGreedy: true } as const;

/**
 * Flags of every command. Values are parsed in settings.ts, because they can also come from the environment and because
 * oclif rewrites the errors of flag parsers.
 */
export const GLOBAL_FLAGS = {
  output: string({
    char: 'o',
    description: `Output format: ${EXPECTED_FORMATS} (default: table; env: OCPCTL_OUTPUT)`,
    helpValue: 'FORMAT',
    helpGroup: 'GLOBAL',
  }),
  columns: string({
    description: 'Columns of a table or CSV, also those of -o wide, in this order; can be repeated',
    helpValue: 'NAME,…',
    helpGroup: 'GLOBAL',
    ...REPEATED_FLAG,
  }),
  sort: string({
    description: 'Sort a list by columns, prefixed with - for descending order; can be repeated',
    helpValue: 'NAME,…',
    helpGroup: 'GLOBAL',
    ...REPEATED_FLAG,
  }),
  query: string({
    description: 'JMESPath expression on the JSON of the result; prints what it selects, as JSON by default',
    helpValue: 'EXPRESSION',
    helpGroup: 'GLOBAL',
  }),
  json: boolean({ description: 'Shorthand for -o json', helpGroup: 'GLOBAL' }),
  context: string({
    description: 'Context to use (default: the current context; env: OCPCTL_CONTEXT)',
    helpValue: 'NAME',
    helpGroup: 'GLOBAL',
  }),
  server: string({
    description: 'URL of the server (default: from the context; env: OCPCTL_SERVER)',
    helpValue: 'URL',
    helpGroup: 'GLOBAL',
  }),
  'aws-profile': string({
    description: 'AWS profile to sign in with (default: from the context; env: OCPCTL_AWS_PROFILE)',
    helpValue: 'NAME',
    helpGroup: 'GLOBAL',
  }),
  'no-input': boolean({ description: 'Never prompt (env: OCPCTL_NO_INPUT)', helpGroup: 'GLOBAL' }),
  color: string({
    description: 'When to use color: auto, always or never (default: auto; env: OCPCTL_COLOR)',
    helpValue: 'WHEN',
    options: [...COLOR_CHOICES],
    helpGroup: 'GLOBAL',
  }),
  progress: string({
    description: 'Progress display: auto, live, plain or none (default: auto; env: OCPCTL_PROGRESS)',
    helpValue: 'MODE',
    options: [...PROGRESS_CHOICES],
    helpGroup: 'GLOBAL',
  }),
  quiet: boolean({ char: 'q', description: 'Print only the result and errors', helpGroup: 'GLOBAL' }),
  debug: boolean({ description: 'Print HTTP requests and stack traces to stderr', helpGroup: 'GLOBAL' }),
};

/** `--timeout` of commands that do not wait: the time limit of one API call. */
export const REQUEST_TIMEOUT_FLAG = {
  timeout: string({
    description: 'Time limit of one API call, including retries (default: 30s; env: OCPCTL_TIMEOUT)',
    helpValue: 'DURATION',
    helpGroup: 'GLOBAL',
  }),
};

/** `--timeout` of commands that wait: the time limit of the waiting. */
export const WAIT_TIMEOUT_FLAG = {
  timeout: string({
    description:
      'Stop waiting after this time and exit with code 8; the operation continues (default: 0, no limit)',
    helpValue: 'DURATION',
    default: '0',
  }),
};

/** Of commands that wait unless `--no-wait` is given. */
export const waitFlag = (until: string) => ({
  wait: boolean({ description: `Wait until ${until} (default: --wait)`, default: true, allowNo: true }),
});

/** `--dry-run` of commands that change access. */
export const DRY_RUN_FLAG = {
  'dry-run': boolean({ description: 'Show what would change without changing anything' }),
};

/** `--idempotency-key` of commands that change something with one request. */
export const IDEMPOTENCY_KEY_FLAG = {
  'idempotency-key': string({
    description: 'Make the change only once for the same key within 24 hours (default: generated)',
    helpValue: 'KEY',
  }),
};

/** Parsed global flags. */
export interface GlobalFlagValues {
  readonly output?: string | undefined;
  readonly columns?: readonly string[] | undefined;
  readonly sort?: readonly string[] | undefined;
  readonly query?: string | undefined;
  readonly json?: boolean | undefined;
  readonly context?: string | undefined;
  readonly server?: string | undefined;
  readonly 'aws-profile'?: string | undefined;
  readonly requestTimeout?: string | undefined;
  readonly 'no-input'?: boolean | undefined;
  readonly color?: string | undefined;
  readonly progress?: string | undefined;
  readonly quiet?: boolean | undefined;
  readonly debug?: boolean | undefined;
}

/** Whether a flag chooses from the result. */
export function isShaped({ columns, sort, query }: GlobalFlagValues): boolean {
  return columns !== undefined || sort !== undefined || query !== undefined;
}

// Without ignoreStdin, oclif reads a missing argument from stdin and consumes the input of a `while read` loop.

/** A cluster by name or id. */
export const clusterArgument = () =>
  stringArgument({ description: 'Name or id of the cluster', required: true, ignoreStdin: true });

/** A cluster by name or id, or a job by id. */
export const clusterOrJobArgument = () =>
  stringArgument({
    description: 'Name or id of a cluster, or id of a job',
    required: true,
    ignoreStdin: true,
  });

/** Any other required argument. */
export const requiredArgument = (description: string) =>
  stringArgument({ description, required: true, ignoreStdin: true });
