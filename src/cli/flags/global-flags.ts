import { boolean, string } from '@oclif/core/flags';
import { COLOR_CHOICES, PROGRESS_CHOICES } from '../output/terminal.ts';

/**
 * Flags of every command. Values are texts here and checked in settings.ts: oclif wraps what a parser throws into words
 * of its own, and a value may as well come from the environment.
 */
export const GLOBAL_FLAGS = {
  output: string({
    char: 'o',
    description: 'output format: table, wide, json, yaml, name, csv or value=PATH',
    helpValue: 'FORMAT',
    helpGroup: 'GLOBAL',
  }),
  json: boolean({ description: 'the same as -o json', helpGroup: 'GLOBAL' }),
  context: string({ description: 'the context to use', helpValue: 'NAME', helpGroup: 'GLOBAL' }),
  server: string({ description: 'the URL of the server', helpValue: 'URL', helpGroup: 'GLOBAL' }),
  'aws-profile': string({
    description: 'profile of the AWS configuration to sign in with',
    helpValue: 'NAME',
    helpGroup: 'GLOBAL',
  }),
  'no-input': boolean({ description: 'never ask anything', helpGroup: 'GLOBAL' }),
  color: string({ description: 'when to use colours', options: [...COLOR_CHOICES], helpGroup: 'GLOBAL' }),
  progress: string({
    description: 'how to show progress while waiting',
    options: [...PROGRESS_CHOICES],
    helpGroup: 'GLOBAL',
  }),
  quiet: boolean({ char: 'q', description: 'only the result and errors', helpGroup: 'GLOBAL' }),
  debug: boolean({ description: 'requests and stack traces, on stderr', helpGroup: 'GLOBAL' }),
};

/** `--timeout` of commands that do not wait: the limit of one API call. Commands that wait have one of their own. */
export const REQUEST_TIMEOUT_FLAG = {
  timeout: string({
    description: 'time limit of one API call with its retries (30s)',
    helpValue: 'DURATION',
    helpGroup: 'GLOBAL',
  }),
};

/** `--timeout` of commands that wait. */
export const WAIT_TIMEOUT_FLAG = {
  timeout: string({
    description: 'stop waiting after this long with exit code 8, the work goes on; 0 is no limit',
    helpValue: 'DURATION',
    default: '0',
  }),
};

/** What the flags say, as a session needs it. */
export interface GlobalFlagValues {
  readonly output?: string | undefined;
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
