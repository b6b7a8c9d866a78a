import { constants } from 'node:os';
import { z } from 'zod';
import type { InstanceExit, ObservedInstance } from '../runtime.ts';
import { LABELS } from './run-arguments.ts';

const CONTAINER = z.object({
  Labels: z.record(z.string(), z.string()).nullable(),
  State: z.string(),
  Exited: z.boolean(),
  ExitCode: z.number(),
  /** Seconds since 1970; before that when it never was. */
  ExitedAt: z.number(),
  StartedAt: z.number(),
  Created: z.number(),
  Pid: z.number(),
  Ports: z.array(z.object({ host_ip: z.string(), host_port: z.number() })).nullish(),
});

const CONTAINERS = z.array(CONTAINER).nullable();

/** A container of an instance, as `podman ps --format json` lists it. */
export interface ListedContainer {
  readonly instance: ObservedInstance;
  readonly memoryMb: number;
  /** Of its first process, on the host; 0 when it has ended. */
  readonly pid: number;
  /** It was created and is not started (yet): by two steps of podman. */
  readonly isUnstarted: boolean;
}

/** @returns those that have the labels of instances */
export function parseContainers(json: string): ListedContainer[] {
  return (CONTAINERS.parse(JSON.parse(json)) ?? []).flatMap((container) => {
    const label = (name: string) => container.Labels?.[name] ?? '';
    if (label(LABELS.instance) === '') return [];
    const [port] = container.Ports ?? [];
    const { StartedAt, Created } = container;
    const instance: ObservedInstance = {
      id: label(LABELS.instance),
      environmentId: label(LABELS.environment),
      ownerId: label(LABELS.owner),
      release: Number(label(LABELS.release)),
      replica: Number(label(LABELS.replica)),
      startedAt: new Date((StartedAt > 0 ? StartedAt : Created) * 1_000),
      address: port === undefined ? undefined : { host: '127.0.0.1', port: port.host_port },
      exit: exitOf(container),
    };
    return [
      {
        instance,
        memoryMb: Number(label(LABELS.memory)),
        pid: container.Pid,
        isUnstarted: UNSTARTED.has(container.State),
      },
    ];
  });
}

const UNSTARTED = new Set(['created', 'configured', 'initialized']);

/** Shells and podman report the death by a signal as 128 and its number. Whether memory was the reason is another question. */
function exitOf({ Exited, ExitCode, ExitedAt }: z.infer<typeof CONTAINER>): InstanceExit | undefined {
  if (!Exited) return undefined;
  const at = new Date(Math.max(ExitedAt, 0) * 1_000);
  const [signal] = Object.entries(constants.signals).find(([, number]) => number === ExitCode - 128) ?? [];
  if (signal !== undefined) return { code: null, signal, isOutOfMemory: false, at };
  // -1: no one has seen how it ended.
  return { code: ExitCode < 0 ? null : ExitCode, signal: null, isOutOfMemory: false, at };
}
