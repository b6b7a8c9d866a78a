import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { ifReadable } from '../../../kernel/process/instance/if-readable.ts';
import { EXIT_FILE, PROGRAM_FILE, RUNNER_FILE } from '../../../kernel/process/instance/runner-protocol.ts';
import type { ObservedInstance } from '../runtime.ts';

const IDENTITY = z.object({ pid: z.number(), startedAt: z.number(), bootId: z.string() });
const TIME = z.iso.datetime().transform((text) => new Date(text));

const RUNNER = z.object({
  labels: z.object({
    id: z.string(),
    environmentId: z.string(),
    ownerId: z.string(),
    release: z.number(),
    replica: z.number(),
  }),
  runner: IDENTITY,
  claimedAt: TIME,
});
const PROGRAM = z.object({ program: IDENTITY, port: z.number().nullable(), startedAt: TIME });
const EXIT = z.object({
  code: z.number().nullable(),
  signal: z.string().nullable(),
  isOutOfMemory: z.boolean(),
  at: TIME,
});

/** What the files of an instance say. */
export interface InstanceRecords {
  readonly directory: string;
  readonly runner: z.infer<typeof RUNNER>;
  /** Undefined until the program runs, and when it could not be started. */
  readonly program: z.infer<typeof PROGRAM> | undefined;
  /** Undefined while the runner lives, and when it was killed. */
  readonly exit: z.infer<typeof EXIT> | undefined;
}

/** @returns undefined when there is no such instance */
export function readInstanceRecords(instancesDirectory: string, id: string): InstanceRecords | undefined {
  const directory = join(instancesDirectory, id);
  const runner = read(join(directory, RUNNER_FILE), RUNNER);
  if (runner === undefined) return undefined;
  // The exit first: an instance without one may end now, one with it does not change.
  const exit = read(join(directory, EXIT_FILE), EXIT);
  return { directory, runner, exit, program: read(join(directory, PROGRAM_FILE), PROGRAM) };
}

/** Those of the same instance now; its last ones when it was removed meanwhile. */
export function readRecordsAgain(records: InstanceRecords): InstanceRecords {
  return readInstanceRecords(dirname(records.directory), records.runner.labels.id) ?? records;
}

export function listInstanceIds(instancesDirectory: string): string[] {
  const names = ifReadable(() => readdirSync(instancesDirectory)) ?? [];
  return names.filter((name) => !name.startsWith('.')).sort();
}

export function observedInstance({ runner, program, exit }: InstanceRecords): ObservedInstance {
  const port = program?.port ?? undefined;
  return {
    ...runner.labels,
    startedAt: program?.startedAt ?? runner.claimedAt,
    address: port === undefined ? undefined : { host: '127.0.0.1', port },
    exit,
  };
}

function read<Schema extends z.ZodType>(path: string, schema: Schema): z.infer<Schema> | undefined {
  const text = ifReadable(() => readFileSync(path, 'utf8'));
  return text === undefined ? undefined : schema.parse(JSON.parse(text));
}
