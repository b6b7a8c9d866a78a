import { randomBytes } from 'node:crypto';
import { mkdir, open, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { FAILURE_NAMES } from '../failures/failures.ts';
import { hasErrnoCode } from '../runtime/optional-files.ts';
import { STAGES, type Stage } from './stages.ts';

const seconds = z.number().nonnegative();
const types = z.array(z.string()).min(1);
const common = {
  id: z.string().min(1).optional(),
  /** The preset that the fault belongs to. */
  preset: z.string().optional(),
  match: z
    .strictObject({
      clusterName: z.string().optional(),
      /** Full command, such as `create cluster`; `read-back` is a listing by the control plane. */
      command: z.string().optional(),
      /** Number of the run of this command for this cluster, from 1. */
      attempt: z.int().positive().optional(),
    })
    .optional(),
  stage: z.enum(STAGES),
  /** How often the fault applies, over all processes (default: always). */
  times: z.int().positive().optional(),
};

export const faultSchema = z.discriminatedUnion('kind', [
  /** Ends the command with the log lines and the exit code of a failure (default: the first failure of the stage). */
  z.strictObject({
    ...common,
    kind: z.literal('fail'),
    failure: z.enum(FAILURE_NAMES).optional(),
    exitCode: z.int().min(1).max(255).optional(),
  }),
  /** Waits forever; signals still work. */
  z.strictObject({ ...common, kind: z.literal('hang') }),
  /** The process kills itself with SIGKILL. */
  z.strictObject({ ...common, kind: z.literal('crash') }),
  z.strictObject({ ...common, kind: z.literal('slow'), seconds }),
  /** Delays each write to the install directory. */
  z.strictObject({ ...common, kind: z.literal('slow-disk'), seconds }),
  z.strictObject({ ...common, kind: z.literal('garbage') }),
  z.strictObject({ ...common, kind: z.literal('klog') }),
  z.strictObject({
    ...common,
    kind: z.literal('huge-line'),
    bytes: z
      .int()
      .positive()
      .default(1024 * 1024),
  }),
  z.strictObject({ ...common, kind: z.literal('ignore-signals') }),
  /** Descendants ignore SIGTERM and outlive the installer. */
  z.strictObject({ ...common, kind: z.literal('stubborn-children') }),
  /** An interrupted create exits with 4 instead of 8, as the real installer sometimes does. */
  z.strictObject({ ...common, kind: z.literal('interrupt-race') }),
  z.strictObject({ ...common, kind: z.literal('lose-state') }),
  /** Resources of these types (default `ec2:vpc`, `is:vpc`) cannot be deleted: destroy retries forever. */
  z.strictObject({ ...common, kind: z.literal('undeletable'), types: types.default(['ec2:vpc', 'is:vpc']) }),
  /** Destroy reports success and leaves resources of these types. */
  z.strictObject({ ...common, kind: z.literal('leak'), types: types.default(['ec2:volume', 'is:volume']) }),
  /** Resources of these types (default `iam:role`) are created without tags from here on: a destroy does not find them. */
  z.strictObject({ ...common, kind: z.literal('untagged'), types: types.default(['iam:role']) }),
  /** The private zone of an AWS cluster is deleted before destroy lists resources, so the public records stay. */
  z.strictObject({ ...common, kind: z.literal('lose-zone') }),
  /** Destroy finds nothing, as with the credentials of another account, and reports success. */
  z.strictObject({ ...common, kind: z.literal('blind') }),
  /** Resources created from here on appear in listings only after this time. */
  z.strictObject({ ...common, kind: z.literal('late'), seconds }),
  z.strictObject({ ...common, kind: z.literal('throttled') }),
]);
export type Fault = z.infer<typeof faultSchema>;
export type FaultInput = z.input<typeof faultSchema>;
const fileSchema = z.array(faultSchema);

export interface InjectionPoint {
  readonly stage: Stage;
  readonly command: string;
  readonly clusterName?: string | undefined;
  readonly attempt?: number | undefined;
}

/** Replaces the faults of the cloud at `dir` and generates missing ids. @throws ZodError */
export async function setFaults(dir: string, faults: readonly FaultInput[]): Promise<Fault[]> {
  const parsed = fileSchema.parse(faults).map((fault) => ({ ...fault, id: fault.id ?? newFaultId() }));
  await mkdir(dir, { recursive: true });
  const draft = join(dir, `faults.${newFaultId()}.draft`);
  await writeFile(draft, `${JSON.stringify(parsed, null, 2)}\n`);
  await rename(draft, faultsFile(dir));
  return parsed;
}

export interface FaultState {
  readonly fault: Fault;
  /** How often the fault was applied; counted only for faults with `times`. */
  readonly used: number;
}

/** All faults with their use count; used-up ones stay in the list. */
export async function readFaults(dir: string): Promise<FaultState[]> {
  const faults = await loadFaults(dir);
  const used = await readdir(usesFolder(dir)).catch((thrown: unknown) => {
    if (hasErrnoCode(thrown, 'ENOENT')) return [];
    throw thrown;
  });
  return faults.map((fault) => ({
    fault,
    used: used.filter((name) => name.startsWith(`${fault.id}.`)).length,
  }));
}

export async function clearFaults(dir: string): Promise<void> {
  await rm(faultsFile(dir), { force: true });
  await rm(usesFolder(dir), { recursive: true, force: true });
}

/** The faults that apply at this point. Faults with `times` are counted down across all processes. */
export async function takeFaults(dir: string, point: InjectionPoint): Promise<Fault[]> {
  const taken: Fault[] = [];
  for (const fault of await loadFaults(dir)) {
    if (matchesPoint(fault, point) && (await recordUse(dir, fault))) taken.push(fault);
  }
  return taken;
}

function matchesPoint({ stage, match }: Fault, point: InjectionPoint): boolean {
  return (
    stage === point.stage &&
    (match?.clusterName === undefined || match.clusterName === point.clusterName) &&
    (match?.command === undefined || match.command === point.command) &&
    (match?.attempt === undefined || match.attempt === point.attempt)
  );
}

/** A use is a file that exactly one process can create, so no lock is needed that a killed process could keep. */
async function recordUse(dir: string, fault: Fault): Promise<boolean> {
  if (fault.times === undefined) return true;
  await mkdir(usesFolder(dir), { recursive: true });
  for (let n = 1; n <= fault.times; n++) {
    try {
      await (await open(join(usesFolder(dir), `${fault.id}.${n}`), 'wx')).close();
      return true;
    } catch (thrown) {
      if (!hasErrnoCode(thrown, 'EEXIST')) throw thrown;
    }
  }
  return false;
}

/** Faults in a hand-written file have no id; their index is used. */
async function loadFaults(dir: string): Promise<Fault[]> {
  let text: string;
  try {
    text = await readFile(faultsFile(dir), 'utf8');
  } catch (thrown) {
    if (hasErrnoCode(thrown, 'ENOENT')) return [];
    throw thrown;
  }
  return fileSchema
    .parse(JSON.parse(text))
    .map((fault, i) => ({ ...fault, id: fault.id ?? `fault-${i + 1}` }));
}

function faultsFile(dir: string): string {
  return join(dir, 'faults.json');
}

function usesFolder(dir: string): string {
  return join(dir, 'fault-uses');
}

function newFaultId(): string {
  return `fault-${randomBytes(4).toString('hex')}`;
}
