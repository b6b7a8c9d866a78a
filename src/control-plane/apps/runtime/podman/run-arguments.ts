import type { InstanceMount, InstanceSpec } from '../runtime.ts';
import { RuntimeError } from '../runtime-error.ts';
import type { PodmanInput } from './podman.ts';

/** Where a program listens that is told so by PORT. */
const DEFAULT_PORT = 8080;
/** podman reads files of variables by lines of at most 64 KiB. */
const MAX_LINE_BYTES = 32 * 1024;
/** Comments and patterns in such a file. */
const NAME = /^[^\s=#*][^\s=*]*$/;
/** What podman, its helpers and the shell before it would obey. */
const OF_PODMAN =
  /^(PATH|HOME|TMPDIR|ENV|IFS|PS4|USER|LD_.*|XDG_.*|CONTAINERS_.*|REGISTRY_.*|STORAGE_.*|PODMAN_.*|CONMON_.*|BUILDAH_.*|DBUS_.*|NOTIFY_SOCKET|LISTEN_.*|GO[A-Z]*|_.*)$/;

export const LABELS = {
  instance: 'ocpctl.instance',
  environment: 'ocpctl.env',
  owner: 'ocpctl.service',
  release: 'ocpctl.release',
  replica: 'ocpctl.replica',
  memory: 'ocpctl.memory',
  volume: 'ocpctl.volume',
} as const;

export interface ContainerOptions {
  readonly logPath: string;
  /** Where the process beside the container writes its pid. */
  readonly conmonPidFile: string;
  readonly logBytes: number;
  /** Whether there is a program that serves as the first process of containers: it reaps and passes on signals. */
  readonly hasInit: boolean;
  readonly cgroupParent: string | undefined;
}

export function containerName(id: string): string {
  return `ocpctl-${id}`;
}

export function networkName(environmentId: string): string {
  return `ocpctl-${environmentId}`;
}

/** @throws RuntimeError when it is not an instance of an image */
export function runArguments(
  spec: InstanceSpec,
  options: ContainerOptions,
): { args: string[]; input: PodmanInput } {
  const { artifact, limits, listens } = spec;
  if (artifact.kind !== 'image')
    throw new RuntimeError(
      'invalid',
      'the runtime podman runs images; a directory needs the runtime process',
    );
  const port = listens ? (spec.containerPort ?? DEFAULT_PORT) : undefined;
  const variables = {
    ...spec.variables,
    ...pathsOf(spec.mounts),
    ...(port === undefined ? {} : { PORT: String(port) }),
  };
  const { file, byName } = splitVariables(variables);
  const labels = {
    [LABELS.instance]: spec.id,
    [LABELS.environment]: spec.environmentId,
    [LABELS.owner]: spec.ownerId,
    [LABELS.release]: spec.release,
    [LABELS.replica]: spec.replica,
    [LABELS.memory]: limits.memoryMb,
    ...Object.fromEntries(exclusiveOf(spec).map((source) => [LABELS.volume, source])),
  };
  const args = [
    ...[
      'run',
      '--detach',
      '--name',
      containerName(spec.id),
      '--restart',
      'no',
      '--pull',
      'missing',
      '--quiet',
    ],
    ...Object.entries(labels).flatMap(([name, value]) => ['--label', `${name}=${value}`]),
    ...['--network', networkName(spec.environmentId)],
    ...spec.aliases.flatMap((alias) => ['--network-alias', alias]),
    ...(port === undefined ? [] : ['--publish', `127.0.0.1::${port}`]),
    ...['--env-file', '/dev/stdin', ...Object.keys(byName).flatMap((name) => ['--env', name])],
    ...['--memory', `${limits.memoryMb}m`, '--memory-swap', `${limits.memoryMb}m`],
    ...['--cpus', String(limits.cpus), '--pids-limit', String(limits.pids)],
    ...[
      '--log-driver',
      'k8s-file',
      '--log-opt',
      `path=${options.logPath}`,
      '--log-opt',
      `max-size=${options.logBytes}`,
    ],
    ...['--conmon-pidfile', options.conmonPidFile],
    ...(options.hasInit ? ['--init'] : []),
    ...(options.cgroupParent === undefined ? [] : ['--cgroup-parent', `/${options.cgroupParent}`]),
    ...['--security-opt', 'no-new-privileges'],
    ...spec.mounts.flatMap(mountArguments),
    artifact.reference,
    ...spec.command,
  ];
  return { args, input: { stdin: file, variables: byName, secrets: Object.values(spec.variables) } };
}

/** What no other container may have at the same time. */
export function exclusiveOf({ mounts }: Pick<InstanceSpec, 'mounts'>): string[] {
  return mounts.flatMap(({ source, isExclusive }) => (isExclusive ? [source] : []));
}

/** A volume that one instance has belongs to the user of its image (`U`). */
function mountArguments({ source, target, isExclusive }: InstanceMount): string[] {
  return ['--volume', `${source}:${target}${isExclusive ? ':U' : ''}`];
}

function pathsOf(mounts: readonly InstanceMount[]): Record<string, string> {
  return Object.fromEntries(
    mounts.flatMap(({ variable, target }) => (variable === undefined ? [] : [[variable, target]])),
  );
}

/** In a file as they are; those that no line can hold are passed by name from the environment of podman. */
function splitVariables(variables: Readonly<Record<string, string>>) {
  const lines: string[] = [];
  const byName: Record<string, string> = {};
  for (const [name, value] of Object.entries(variables)) {
    if (!NAME.test(name))
      throw new RuntimeError('invalid', `invalid name of a variable: ${JSON.stringify(name.slice(0, 64))}`);
    if (!/[\r\n\0]/.test(value) && Buffer.byteLength(value) <= MAX_LINE_BYTES)
      lines.push(`${name}=${value}\n`);
    else if (OF_PODMAN.test(name) || value.includes('\0'))
      throw new RuntimeError(
        'invalid',
        `the variable ${name} must be one line of at most ${MAX_LINE_BYTES} bytes`,
      );
    else byName[name] = value;
  }
  return { file: lines.join(''), byName };
}
