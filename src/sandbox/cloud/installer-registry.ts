import { appendFileSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';
import { listNames, readTextIfPresent } from '../runtime/optional-files.ts';
import { identifyProcess, isRunning } from '../runtime/process-identity.ts';

const processSchema = z.object({ pid: z.int(), startedAtTick: z.string().optional() });
const runningSchema = z.object({
  ...processSchema.shape,
  command: z.string(),
  infraId: z.string(),
  /** `<clusterName>.<baseDomain>` */
  domain: z.string(),
  /** The ClusterId tag, if the installer knows it. */
  clusterId: z.string().optional(),
  startedAt: z.string(),
  children: z.array(z.object({ ...processSchema.shape, name: z.string() })),
});
/** An installer that works on the cloud, and its descendants. */
export type RunningInstaller = z.infer<typeof runningSchema>;

/** Two installers, or what is left of one, on the same cluster: a bug of the server. */
export interface Overlap {
  readonly at: string;
  /** `descendants`: the other installer has ended, but some of its descendants have not. */
  readonly kind: 'installer' | 'descendants';
  readonly installer: RunningInstaller;
  readonly other: RunningInstaller;
}

export interface Registration {
  setChildren(children: readonly { name: string; pid: number }[]): void;
  /** Removes the record, unless a descendant is still running. Called at the end of the run or of the process. */
  remove(): void;
}

/**
 * Records that this process works on an infrastructure, and an overlap for every other live process on the same cluster. The record is
 * removed at the end of the run; the record of a killed process is ignored.
 */
export function registerInstaller(
  cloudDir: string,
  target: Pick<RunningInstaller, 'command' | 'infraId' | 'domain' | 'clusterId'>,
): Registration {
  let own: RunningInstaller = {
    ...identifyProcess(process.pid),
    ...target,
    startedAt: new Date().toISOString(),
    children: [],
  };
  // Written before the others are read: of two that start at the same time, at least one sees the other.
  writeRecord(cloudDir, own);
  for (const other of listRunningInstallers(cloudDir)) {
    if (other.pid !== own.pid && isSameCluster(own, other)) recordOverlap(cloudDir, own, other);
  }
  function remove(): void {
    process.off('exit', remove);
    if (!own.children.some(isRunning)) rmSync(recordFile(cloudDir, own.pid), { force: true });
  }
  process.on('exit', remove);
  return {
    remove,
    setChildren(children) {
      own = { ...own, children: children.map(({ name, pid }) => ({ name, ...identifyProcess(pid) })) };
      writeRecord(cloudDir, own);
    },
  };
}

/** The installers that are running or have running descendants. Removes the records of dead ones. */
export function listRunningInstallers(cloudDir: string): RunningInstaller[] {
  const running: RunningInstaller[] = [];
  for (const name of listNames(join(cloudDir, 'running'))) {
    const record = readRecord(join(cloudDir, 'running', name));
    if (record === undefined) continue;
    if (isRunning(record) || record.children.some(isRunning)) running.push(record);
    else rmSync(join(cloudDir, 'running', name), { force: true });
  }
  return running;
}

/** Records the start of a command. @returns the number of starts for this cluster, including this one */
export function countAttempt(cloudDir: string, command: string, cluster: string): number {
  const line = JSON.stringify({ command, cluster });
  const file = join(cloudDir, 'attempts.jsonl');
  const before = (readTextIfPresent(file) ?? '').split('\n').filter((earlier) => earlier === line).length;
  mkdirSync(cloudDir, { recursive: true });
  appendFileSync(file, `${line}\n`);
  return before + 1;
}

/** Fields that an incomplete metadata.json leaves empty are not compared. */
function isSameCluster(a: RunningInstaller, b: RunningInstaller): boolean {
  if (a.infraId !== '' && a.infraId === b.infraId) return true;
  if (a.clusterId !== undefined && b.clusterId !== undefined) return a.clusterId === b.clusterId;
  return a.domain !== '' && a.domain === b.domain;
}

function recordOverlap(cloudDir: string, installer: RunningInstaller, other: RunningInstaller): void {
  const kind = isRunning(other) ? 'installer' : 'descendants';
  const overlap: Overlap = { at: new Date().toISOString(), kind, installer, other };
  appendFileSync(join(cloudDir, 'overlaps.jsonl'), `${JSON.stringify(overlap)}\n`);
}

function writeRecord(cloudDir: string, record: RunningInstaller): void {
  mkdirSync(join(cloudDir, 'running'), { recursive: true });
  const file = recordFile(cloudDir, record.pid);
  writeFileSync(`${file}.draft`, JSON.stringify(record));
  renameSync(`${file}.draft`, file);
}

function readRecord(file: string): RunningInstaller | undefined {
  const text = file.endsWith('.json') ? readTextIfPresent(file) : undefined;
  return text === undefined ? undefined : runningSchema.parse(JSON.parse(text));
}

function recordFile(cloudDir: string, pid: number): string {
  return join(cloudDir, 'running', `${pid}.json`);
}
