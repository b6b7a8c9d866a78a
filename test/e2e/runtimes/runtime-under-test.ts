import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type {
  InstanceArtifact,
  InstanceSpec,
  ObservedInstance,
  Runtime,
} from '../../../src/control-plane/apps/runtime/runtime.ts';
import { newId } from '../../../src/control-plane/kernel/ids.ts';
import { eventually } from '../eventually.ts';

/** One driver on this host, with directories of its own. */
export interface RuntimeUnderTest {
  /** The driver as a server that has just started opens it. */
  open(): Runtime;
  readonly artifact: InstanceArtifact;
  readonly command: readonly string[];
  readonly variables: Readonly<Record<string, string>>;
  readonly containerPort?: number;
  /** Names by which instances reach each other, and networks between which they cannot. */
  readonly hasNetworks: boolean;
  readonly hasLimits: boolean;
  /** @returns the source of a new volume */
  makeVolume(): Promise<string>;
  /** Where a program finds a volume that is mounted at the target. */
  volumePath(target: string, source: string): string;
  /** @returns the control groups of the installation that are on this host */
  controlGroups(): string[];
  close(): Promise<void>;
}

/** @returns the folders of an installation in all hierarchies of cgroups */
export function controlGroupsOf(installationId: string): string[] {
  const mount = '/sys/fs/cgroup';
  const hierarchies = existsSync(mount)
    ? [mount, ...readdirSync(mount).map((name) => join(mount, name))]
    : [];
  return hierarchies
    .map((folder) => join(folder, 'ocpctl', installationId))
    .filter((path) => existsSync(path));
}

export function specOf(under: RuntimeUnderTest, changes: Partial<InstanceSpec> = {}): InstanceSpec {
  return {
    id: newId('ins'),
    environmentId: newId('env'),
    ownerId: newId('svc'),
    release: 1,
    replica: 0,
    artifact: under.artifact,
    command: under.command,
    listens: true,
    ...(under.containerPort === undefined ? {} : { containerPort: under.containerPort }),
    limits: { memoryMb: 256, cpus: 1, pids: 64 },
    mounts: [],
    aliases: [],
    ...changes,
    variables: { ...under.variables, ...changes.variables },
  };
}

export async function observeOne(runtime: Runtime, id: string): Promise<ObservedInstance | undefined> {
  return (await runtime.observe()).find((instance) => instance.id === id);
}

export function untilExited(runtime: Runtime, id: string) {
  return eventually(`${id} has exited`, async () => (await observeOne(runtime, id))?.exit, {
    explain: async () => JSON.stringify(await runtime.readLog(id, { after: 0, limit: 50 })),
  });
}

/** Asks the program of an instance, once it listens. */
export async function ask<Answer = Record<string, unknown>>(
  instance: ObservedInstance,
  route: string,
  query: Record<string, string> = {},
): Promise<Answer> {
  const { address } = instance;
  if (address === undefined) throw new Error(`${instance.id} has no address`);
  const url = `http://${address.host}:${address.port}${route}?${new URLSearchParams(query)}`;
  const answer = await eventually(
    `${instance.id} answers ${route}`,
    () => fetch(url).catch(() => undefined),
    {
      withinMs: 20_000,
    },
  );
  return (await answer.json()) as Answer;
}

export async function linesOf(runtime: Runtime, id: string, after = 0): Promise<string[]> {
  const lines = await runtime.readLog(id, { after, limit: 1_000 });
  return lines.map(({ text }) => text);
}
