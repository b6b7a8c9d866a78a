import { mkdirSync } from 'node:fs';
import { join } from 'node:path';

/** Where podman and buildah of one installation keep images and containers: apart from those of the users of the host. */
export interface PodmanStorage {
  /** Only the server enters it: the containers' configurations in it have secrets. */
  readonly directory: string;
  /** What must not survive a restart of the machine. */
  readonly runDirectory: string;
}

export interface PodmanStorageOptions {
  readonly directory: string;
  readonly installationId: string;
  /** Of the server: XDG_RUNTIME_DIR for a user without root's rights. */
  readonly environment: Readonly<Record<string, string>>;
}

/** The random end of the id: podman refuses a folder for what runs whose path has more than 50 characters. */
const ID_CHARACTERS = 12;

export function openPodmanStorage({
  directory,
  installationId,
  environment,
}: PodmanStorageOptions): PodmanStorage {
  const isRoot = process.getuid?.() === 0;
  const runtime = isRoot ? '/run' : environment['XDG_RUNTIME_DIR'];
  const runDirectory =
    runtime === undefined
      ? join(directory, 'run')
      : join(runtime, 'ocpctl', installationId.slice(-ID_CHARACTERS));
  return { directory, runDirectory };
}

/** Options that podman and buildah share. */
export function storageArguments({ directory, runDirectory }: PodmanStorage): string[] {
  for (const folder of [directory, runDirectory]) mkdirSync(folder, { recursive: true, mode: 0o700 });
  return ['--root', join(directory, 'storage'), '--runroot', join(runDirectory, 'containers')];
}
