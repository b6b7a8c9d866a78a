import { rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../../../kernel/clock.ts';
import { messageOf } from '../../../kernel/errors.ts';
import type { AwsCredentials } from './worker-credentials.ts';

export interface SessionSourceOptions {
  /** HOME of the program. */
  readonly home: string;
  /** Reads the worker's credentials, which are new ones from 5 minutes before the end of the old. */
  readonly read: () => Promise<AwsCredentials>;
  readonly clock: Pick<Clock, 'now' | 'sleep'>;
  readonly onSecret: (value: string) => void;
  readonly onProblem: (message: string) => void;
}

export interface SessionSource {
  readonly variables: Readonly<Record<string, string>>;
  /** Ends the renewal and removes the session. */
  close(): Promise<void>;
}

const SESSION_FILE = 'aws-session.json';
const CONFIG_FILE = 'aws-config';
/** `cd` goes to HOME, so no path has to be quoted for the shell and the parsers of this file. */
const CONFIG = `[default]\ncredential_process = cd && cat ${SESSION_FILE}\n`;
const RENEW_MS = 60_000;
/**
 * Programs are told an earlier end, so that they read the file again before AWS rejects the session. Less than the 5 minutes in which
 * the worker renews, or they would find no newer one.
 */
const EARLY_MS = 2 * 60_000;

/**
 * Keeps the worker's session in a file of a program that may run for longer than it: the AWS SDKs for Go, both versions, run
 * `credential_process` again when its `Expiration` is over.
 */
export async function openSessionSource(options: SessionSourceOptions): Promise<SessionSource> {
  const { home, read, clock, onProblem } = options;
  const configFile = join(home, CONFIG_FILE);
  await writeFile(configFile, CONFIG, { mode: 0o600 });
  let written = await write(options, await read());
  const stop = new AbortController();
  const renew = async () => {
    let isFailing = false;
    for (;;) {
      await clock.sleep(RENEW_MS, stop.signal);
      try {
        const current = await read();
        if (current.sessionToken !== written.sessionToken) written = await write(options, current);
        isFailing = false;
      } catch (error) {
        if (!isFailing) onProblem(`cannot renew the session of the running program: ${messageOf(error)}`);
        isFailing = true;
      }
    }
  };
  const renewal = renew().catch((error: unknown) => {
    if (!stop.signal.aborted) throw error;
  });
  return {
    // SDK version 1 for Go reads the configuration file only if it is told to.
    variables: { AWS_CONFIG_FILE: configFile, AWS_SDK_LOAD_CONFIG: '1' },
    async close() {
      stop.abort();
      await renewal;
      for (const file of [SESSION_FILE, `${SESSION_FILE}.new`]) await rm(join(home, file), { force: true });
    },
  };
}

async function write(
  { home, clock, onSecret }: SessionSourceOptions,
  credentials: AwsCredentials,
): Promise<AwsCredentials> {
  const { accessKeyId, secretAccessKey, sessionToken = '', expiration } = credentials;
  for (const secret of [secretAccessKey, sessionToken]) onSecret(secret);
  const document = {
    Version: 1,
    AccessKeyId: accessKeyId,
    SecretAccessKey: secretAccessKey,
    SessionToken: sessionToken,
    ...(expiration === undefined ? {} : { Expiration: toldEnd(expiration, clock.now()).toISOString() }),
  };
  const file = join(home, SESSION_FILE);
  // A reader never sees half of it.
  await writeFile(`${file}.new`, JSON.stringify(document), { mode: 0o600 });
  await rename(`${file}.new`, file);
  return credentials;
}

function toldEnd(expiration: Date, now: Date): Date {
  const early = new Date(expiration.getTime() - EARLY_MS);
  return early > now ? early : expiration;
}
