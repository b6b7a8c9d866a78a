import {
  appendFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';
import { hasErrnoCode } from '../runtime/errno.ts';
import { identifyProcess, isRunning } from '../runtime/process-identity.ts';

const processSchema = z.object({ pid: z.int(), startedAtTick: z.string().optional() });
const runningSchema = z.object({
  ...processSchema.shape,
  command: z.string(),
  infraId: z.string(),
  /** `<clusterName>.<baseDomain>` */
  domain: z.string(),
  /** The ClusterId tag, where the installer knows it. */
  clusterId: z.string().optional(),
  startedAt: z.string(),
  children: z.array(z.object({ ...processSchema.shape, name: z.string() })),
});
/** An installer that works on the cloud, and the descendants it started. */
export type RunningInstaller = z.infer<typeof runningSchema>;

const overlapSchema = z.object({
  at: z.string(),
  /** `descendants`: the other installer is gone, processes that it started are not. */
  kind: z.enum(['installer', 'descendants']),
  installer: runningSchema,
  other: runningSchema,
});
export type Overlap = z.infer<typeof overlapSchema>;

export interface Registration {
  setChildren(children: readonly { name: string; pid: number }[]): void;
}

/**
 * Records in the cloud that this process acts on an infrastructure, and every other live one that acts on the same
 * cluster. The record goes with the process; a killed process leaves one that no longer counts.
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
  // Written before looking around: of two that start together, at least one sees the other.
  writeRecord(cloudDir, own);
  for (const other of listRunningInstallers(cloudDir)) {
    if (other.pid !== own.pid && isSameCluster(own, other)) recordOverlap(cloudDir, own, other);
  }
  process.on('exit', () => {
    if (!own.children.some(isRunning)) rmSync(recordFile(cloudDir, own.pid), { force: true });
  });
  return {
    setChildren(children) {
      own = { ...own, children: children.map(({ name, pid }) => ({ name, ...identifyProcess(pid) })) };
      writeRecord(cloudDir, own);
    },
  };
}

/** The installers that run now, or whose descendants do; what dead ones left behind is swept away. */
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

/** All overlaps ever recorded: an empty list is the proof that no two installers worked on one cluster. */
export function readOverlaps(cloudDir: string): Overlap[] {
  return readLines(join(cloudDir, 'overlaps.jsonl')).map((line) => overlapSchema.parse(JSON.parse(line)));
}

/** Notes the start of a command and says how many there were for this cluster, this one included. */
export function countAttempt(cloudDir: string, command: string, cluster: string): number {
  const line = JSON.stringify({ command, cluster });
  const file = join(cloudDir, 'attempts.jsonl');
  const before = readLines(file).filter((earlier) => earlier === line).length;
  mkdirSync(cloudDir, { recursive: true });
  appendFileSync(file, `${line}\n`);
  return before + 1;
}

/** What a poor metadata.json leaves empty says nothing. */
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
  if (!file.endsWith('.json')) return undefined;
  try {
    return runningSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch (thrown) {
    if (hasErrnoCode(thrown, 'ENOENT')) return undefined;
    throw thrown;
  }
}

function recordFile(cloudDir: string, pid: number): string {
  return join(cloudDir, 'running', `${pid}.json`);
}

function listNames(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch (thrown) {
    if (hasErrnoCode(thrown, 'ENOENT')) return [];
    throw thrown;
  }
}

function readLines(file: string): string[] {
  try {
    return readFileSync(file, 'utf8').split('\n').filter(Boolean);
  } catch (thrown) {
    if (hasErrnoCode(thrown, 'ENOENT')) return [];
    throw thrown;
  }
}
