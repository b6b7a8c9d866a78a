import { chownSync, lchownSync, lstatSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { RunnerRequest } from '../../../kernel/process/instance/runner-protocol.ts';
import type { InstanceMount, InstanceSpec } from '../runtime.ts';
import { RuntimeError } from '../runtime-error.ts';
import { findClosedFolder } from './closed-folder.ts';
import type { ProcessHost } from './process-host.ts';

const PORTS = { first: 20_000, last: 29_999 };
const LOG_LIMITS = { segmentBytes: 1024 * 1024, segments: 10 };
/** For what a program leaves running when it exits. */
const KILL_AFTER_MS = 5_000;
/** Exit code of an instance whose volume another one has (EX_TEMPFAIL). */
const VOLUME_IN_USE = 75;

export interface RunnerRequestOptions {
  readonly host: ProcessHost;
  readonly instancesDirectory: string;
  readonly homeDirectory: string;
  readonly user: number | undefined;
  readonly mark: string;
  readonly cgroup: string | undefined;
  readonly path: string;
  readonly ports?: RunnerRequest['ports'];
  readonly logLimits?: RunnerRequest['log'];
}

/** @throws RuntimeError when a process of this host cannot be such an instance */
export function runnerRequest(spec: InstanceSpec, options: RunnerRequestOptions): RunnerRequest {
  const { host, user } = options;
  const { id, environmentId, ownerId, release, replica, limits, command } = spec;
  if (command.length === 0) throw new RuntimeError('invalid', 'the instance has no command');
  const workingDirectory = directoryOf(spec);
  if (user !== undefined) {
    assertEnterable(workingDirectory);
    for (const { source } of spec.mounts) giveTo(source, user);
  }
  return {
    labels: { id, environmentId, ownerId, release, replica },
    instancesDirectory: options.instancesDirectory,
    homeDirectory: options.homeDirectory,
    workingDirectory,
    command,
    variables: {
      PATH: options.path,
      // P1: requests come through the edge, which is on this host; a program that listens elsewhere could be asked past it.
      ...(spec.listens ? { HOST: '127.0.0.1' } : {}),
      ...spec.variables,
      ...pathsOf(spec.mounts),
    },
    user: user === undefined ? undefined : { uid: user, gid: user },
    launchers: [...launchers(host, limits.memoryMb), ...locks(host, spec.mounts)],
    links: spec.mounts.flatMap(linkOf),
    ports: spec.listens ? (options.ports ?? PORTS) : undefined,
    limits,
    cgroup: options.cgroup,
    mark: options.mark,
    killAfterMs: KILL_AFTER_MS,
    log: options.logLimits ?? LOG_LIMITS,
  };
}

function directoryOf({ artifact }: InstanceSpec): string {
  switch (artifact.kind) {
    case 'directory':
      return artifact.path;
    case 'host':
      return artifact.directory;
    case 'image':
      throw new RuntimeError('invalid', 'images need the runtime podman');
  }
}

/** They run as the user of the program, with its environment. The program is killed with its runner, and gains no rights by a setuid file. */
function launchers({ setpriv, prlimit, hasCgroups }: ProcessHost, memoryMb: number): string[] {
  return [
    ...(setpriv === undefined ? [] : [setpriv, '--no-new-privs', '--pdeathsig', 'KILL', '--']),
    ...(hasCgroups || prlimit === undefined ? [] : [prlimit, `--data=${memoryMb * 1024 * 1024}`, '--']),
  ];
}

/** The lock belongs to the program and what it starts: the kernel releases it with the last of them. */
function locks({ flock }: ProcessHost, mounts: readonly InstanceMount[]): string[] {
  if (flock === undefined) return [];
  const options = ['--exclusive', '--nonblock', '--no-fork', '--conflict-exit-code', String(VOLUME_IN_USE)];
  return mounts.flatMap(({ source, isExclusive }) => (isExclusive ? [flock, ...options, source] : []));
}

function pathsOf(mounts: readonly InstanceMount[]): Record<string, string> {
  return Object.fromEntries(
    mounts.flatMap(({ variable, source }) => (variable === undefined ? [] : [[variable, source]])),
  );
}

/** A process sees the files of its host: a volume is where it is, and below the home under the path of its target. */
function linkOf({ source, target }: InstanceMount): { readonly path: string; readonly target: string }[] {
  const path = target.replace(/^\/+/, '');
  if (source === target) return [];
  if (path === '' || path.split('/').includes('..'))
    throw new RuntimeError('invalid', 'a mount has an invalid target');
  return [{ path, target: source }];
}

/** @throws RuntimeError when the user of the instance could not work there */
function assertEnterable(directory: string): void {
  const closed = findClosedFolder(directory);
  if (closed === undefined) return;
  throw new RuntimeError('unavailable', `instances have a user of their own, which cannot enter ${closed}`, {
    hint: `chmod o+x ${closed}`,
  });
}

/** A volume belongs to the user of its environment. It is walked once: when its owner is another one. */
function giveTo(volume: string, user: number): void {
  mkdirSync(volume, { recursive: true, mode: 0o700 });
  if (lstatSync(volume).uid === user) return;
  for (const entry of readdirSync(volume, { recursive: true, withFileTypes: true })) {
    if (!entry.isSymbolicLink()) lchownSync(join(entry.parentPath, entry.name), user, user);
  }
  chownSync(volume, user, user);
}
