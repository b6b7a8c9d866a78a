import type { FaultInput } from '../../../src/sandbox/faults/faults.ts';
import type { Random } from './random.ts';

type Recipe = { readonly weight: number; readonly faults: readonly FaultInput[]; readonly neverEnds?: true };

const create = { command: 'create cluster' };

/** What may be wrong with one cluster; `neverEnds`: only a destroy gets its create out of the way. */
const RECIPES = {
  none: { weight: 10, faults: [] },
  capacity: {
    weight: 2,
    faults: [{ stage: 'machines', kind: 'fail', failure: 'InsufficientInstanceCapacity', times: 1 }],
  },
  noCapacity: {
    weight: 1,
    faults: [{ stage: 'machines', kind: 'fail', failure: 'InsufficientInstanceCapacity' }],
  },
  permissions: {
    weight: 1,
    faults: [{ stage: 'infrastructure', kind: 'fail', failure: 'UnauthorizedOperation' }],
  },
  quota: { weight: 1, faults: [{ stage: 'preflight', kind: 'fail', failure: 'MissingQuota' }] },
  bootstrap: { weight: 1, faults: [{ stage: 'bootstrap', kind: 'fail', failure: 'BootstrapTimeout' }] },
  bootstrapDestroy: {
    weight: 1,
    faults: [{ stage: 'bootstrap-destroy', kind: 'fail', failure: 'BootstrapDestroyFailed', times: 1 }],
  },
  operators: {
    weight: 1,
    faults: [{ stage: 'initialize', kind: 'fail', failure: 'AuthenticationOperatorDegraded', times: 1 }],
  },
  crash: { weight: 2, faults: [{ stage: 'machines', kind: 'crash', times: 1 }] },
  race: { weight: 1, faults: [{ stage: 'start', kind: 'interrupt-race' }] },
  hang: { weight: 2, neverEnds: true, faults: [{ stage: 'machines', kind: 'hang', match: create }] },
  stubborn: {
    weight: 2,
    neverEnds: true,
    faults: [
      { stage: 'start', kind: 'ignore-signals', match: create },
      { stage: 'start', kind: 'stubborn-children', match: create },
      { stage: 'bootstrap', kind: 'hang', match: create },
    ],
  },
  /** Longer than a lease and a reclaim: a worker that dies meanwhile leaves it running beside the next attempt, unless it is ended. */
  long: { weight: 4, faults: [{ stage: 'machines', kind: 'slow', seconds: 9, match: create }] },
  slow: { weight: 2, faults: [{ stage: 'machines', kind: 'slow', seconds: 3, match: create }] },
  noise: {
    weight: 1,
    faults: [
      { stage: 'infrastructure', kind: 'garbage' },
      { stage: 'machines', kind: 'klog' },
    ],
  },
  late: { weight: 1, faults: [{ stage: 'start', kind: 'late', seconds: 0.2, match: create }] },
  leak: { weight: 1, faults: [{ stage: 'destroy', kind: 'leak', times: 1 }] },
  blind: { weight: 1, faults: [{ stage: 'destroy', kind: 'blind', times: 1 }] },
  destroyFails: {
    weight: 1,
    faults: [{ stage: 'destroy-half', kind: 'fail', failure: 'DestroyFailed', times: 1 }],
  },
  destroySlow: { weight: 1, faults: [{ stage: 'destroy-half', kind: 'slow', seconds: 2 }] },
} as const satisfies Readonly<Record<string, Recipe>>;

export interface ChosenFaults {
  readonly name: string;
  readonly faults: readonly FaultInput[];
  readonly neverEnds: boolean;
}

/** @returns faults that strike only the cluster of this name. */
export function chooseFaults(random: Random, clusterName: string): ChosenFaults {
  const weights = Object.fromEntries(Object.entries(RECIPES).map(([name, { weight }]) => [name, weight]));
  const name = random.weighted(weights);
  const recipe: Recipe | undefined = (RECIPES as Readonly<Record<string, Recipe>>)[name];
  const faults = (recipe?.faults ?? []).map((fault, i) => ({
    ...fault,
    id: `${clusterName}-${i}`,
    match: { ...fault.match, clusterName },
  }));
  return { name, faults, neverEnds: recipe?.neverEnds ?? false };
}
