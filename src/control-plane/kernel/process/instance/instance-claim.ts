import { randomBytes } from 'node:crypto';
import {
  closeSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { systemCodeOf } from '../../errors.ts';
import { isSameProcess } from './host-process.ts';
import { ifReadable } from './if-readable.ts';
import {
  EXIT_FILE,
  type ExitRecord,
  PROGRAM_FILE,
  type ProgramRecord,
  RUNNER_FILE,
  type RunnerRecord,
} from './runner-protocol.ts';

/** Begins the name of a folder that is not an instance yet, or no longer. */
const STAGED = '.staged';
const REMOVED = '.removed';

/** Makes the folder of an instance as a whole. @returns false when it is there: another runner has the instance, or had it */
export function claimInstance(instancesDirectory: string, record: RunnerRecord): boolean {
  const { pid, startedAt } = record.runner;
  const staged = join(instancesDirectory, `${STAGED}-${pid}-${startedAt}-${record.labels.id}`);
  mkdirSync(staged, { mode: 0o700 });
  writeWhole(join(staged, RUNNER_FILE), record);
  syncFolder(staged);
  try {
    // Fails on a folder that is not empty, and none is.
    renameSync(staged, join(instancesDirectory, record.labels.id));
  } catch (error) {
    rmSync(staged, { recursive: true });
    const code = systemCodeOf(error);
    if (code === 'ENOTEMPTY' || code === 'EEXIST') return false;
    throw error;
  }
  syncFolder(instancesDirectory);
  return true;
}

/** From the first step on, the instance is not there for any reader. */
export function removeInstance(instancesDirectory: string, id: string): void {
  const removed = join(instancesDirectory, `${REMOVED}-${id}-${randomBytes(4).toString('hex')}`);
  ifReadable(() => renameSync(join(instancesDirectory, id), removed));
  rmSync(removed, { recursive: true, force: true });
}

/** Removes what runners and servers that were killed have left of folders that are not instances. */
export function removeUnfinishedClaims(instancesDirectory: string): void {
  for (const name of ifReadable(() => readdirSync(instancesDirectory)) ?? []) {
    const isAbandoned = name.startsWith(REMOVED) || (name.startsWith(STAGED) && !isStagedByLiving(name));
    if (isAbandoned) rmSync(join(instancesDirectory, name), { recursive: true, force: true });
  }
}

function isStagedByLiving(name: string): boolean {
  const [, pid, startedAt] = name.slice(1).split('-');
  const stat = ifReadable(() => readFileSync(`/proc/${pid}/stat`, 'latin1'));
  return stat?.includes(` ${startedAt} `) ?? false;
}

export function writeProgramRecord(directory: string, record: ProgramRecord): void {
  const path = join(directory, PROGRAM_FILE);
  writeWhole(`${path}.new`, record);
  renameSync(`${path}.new`, path);
  syncFolder(directory);
}

/** The first one that says how the instance ended is right. */
export function writeExitRecord(directory: string, record: ExitRecord): void {
  const path = join(directory, EXIT_FILE);
  const temporary = `${path}.${process.pid}-${randomBytes(4).toString('hex')}`;
  writeWhole(temporary, record);
  try {
    linkSync(temporary, path);
  } catch (error) {
    if (systemCodeOf(error) !== 'EEXIST') throw error;
  } finally {
    rmSync(temporary, { force: true });
  }
  syncFolder(directory);
}

/** @returns ports of programs that may live although their runner does not */
export function portsWithoutRunner(instancesDirectory: string): ReadonlySet<number> {
  const ports = new Set<number>();
  for (const id of readdirSync(instancesDirectory)) {
    const directory = join(instancesDirectory, id);
    if (readRecord<ExitRecord>(join(directory, EXIT_FILE)) !== undefined) continue;
    const program = readRecord<ProgramRecord>(join(directory, PROGRAM_FILE));
    if (typeof program?.port === 'number' && isSameProcess(program.program)) ports.add(program.port);
  }
  return ports;
}

/** Not validated, because this package wrote it as a whole. */
function readRecord<Record>(path: string): Record | undefined {
  const text = ifReadable(() => readFileSync(path, 'utf8'));
  return text === undefined ? undefined : (JSON.parse(text) as Record);
}

function writeWhole(path: string, value: unknown): void {
  const file = openSync(path, 'wx', 0o600);
  try {
    writeSync(file, JSON.stringify(value));
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

function syncFolder(path: string): void {
  const folder = openSync(path, 'r');
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}
