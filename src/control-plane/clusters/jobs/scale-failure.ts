import { JobFailure } from '../../kernel/jobs/job.ts';
import { OBSTACLE_KINDS, type Obstacle } from '../kubernetes/obstacles.ts';
import { readyWorkers, type WorkerMachines } from '../kubernetes/worker-machines.ts';

const SHOWN = 5;

const CODES: Readonly<Record<Obstacle['kind'], string>> = {
  capacity: 'SCALE_NO_CAPACITY',
  machine: 'SCALE_MACHINE_FAILED',
  drain: 'SCALE_DRAIN_BLOCKED',
  certificate: 'SCALE_CERTIFICATES_PENDING',
  node: 'SCALE_TIMED_OUT',
};

export interface EndedWait {
  readonly name: string;
  readonly workers: number;
  readonly timeoutMs: number;
  readonly isOver: boolean;
  readonly seen: WorkerMachines | undefined;
  readonly obstacles: readonly Obstacle[];
  readonly outage: string | undefined;
}

/** @returns why a wait ended without its workers, what held it, and what to do */
export function scaleFailure(wait: EndedWait): JobFailure {
  const { name, workers, seen, obstacles, outage, timeoutMs } = wait;
  if (seen === undefined) {
    const message = `the API server of the cluster did not answer for ${minutes(timeoutMs)}: ${outage ?? 'no answer'}`;
    return new JobFailure('CLUSTER_API_UNAVAILABLE', message, { retryable: false });
  }
  const kind = OBSTACLE_KINDS.find((each) => obstacles.some((obstacle) => obstacle.kind === each)) ?? 'node';
  const leaving = seen.machines.filter(({ isDeleting }) => isDeleting).length;
  const rest = leaving === 0 ? '' : ` and ${leaving} still leaving`;
  const reached = `${readyWorkers(seen)} of ${workers} workers are ready${rest}`;
  const limit = wait.isOver ? ` after ${minutes(timeoutMs)}` : '';
  const texts = obstacles.map(({ text }) => text);
  const more = texts.length > SHOWN ? [`and ${texts.length - SHOWN} more`] : [];
  const held = [...texts.slice(0, SHOWN), ...more].join('; ');
  const message = `${reached}${limit}${held === '' ? '' : `: ${held}`} (${hintOf(kind, name, workers, seen)})`;
  return new JobFailure(CODES[kind], message, { retryable: false });
}

function hintOf(kind: Obstacle['kind'], name: string, workers: number, seen: WorkerMachines): string {
  const again = `run 'ocpctl scale ${name} --workers ${workers}' again`;
  switch (kind) {
    case 'capacity': {
      const zones = completeZones(seen);
      const complete = zones.length === 0 ? '' : `; zones with all their workers: ${zones.join(', ')}`;
      return `${again} later, or with fewer workers${complete}`;
    }
    case 'machine':
      return `correct what the message names, then ${again}: failed machines are replaced`;
    case 'drain':
      return `change or delete what holds the drain, or the pods that it protects; the drain then continues by itself, and to record its end ${again}`;
    case 'certificate':
      return `approve them with 'oc adm certificate approve', then ${again}`;
    case 'node':
      return `the machine sets still ask for ${workers} workers; to wait longer ${again}`;
  }
}

function completeZones({ machines }: WorkerMachines): string[] {
  const zones = [...new Set(machines.flatMap(({ zone }) => (zone === undefined ? [] : [zone])))].sort();
  return zones.filter((zone) => machines.every((each) => each.zone !== zone || each.node?.isReady === true));
}

function minutes(ms: number): string {
  const count = Math.round((ms / 60_000) * 10) / 10;
  return `${count} minute${count === 1 ? '' : 's'}`;
}
