import type { QuickId } from './quick-names.ts';

/** None of them may need oclif, Ink or the control plane: the bundle has one file. */
export const QUICK_COMMANDS: Readonly<Record<QuickId, () => Promise<{ default: unknown }>>> = {
  list: () => import('../commands/list.ts'),
  get: () => import('../commands/get.ts'),
  outputs: () => import('../commands/outputs.ts'),
  quota: () => import('../commands/quota.ts'),
  whoami: () => import('../commands/whoami.ts'),
  'context:current': () => import('../commands/context/current.ts'),
  'context:list': () => import('../commands/context/list.ts'),
  'context:use': () => import('../commands/context/use.ts'),
  'jobs:get': () => import('../commands/jobs/get.ts'),
  'jobs:list': () => import('../commands/jobs/list.ts'),
  'kubeconfig:credential': () => import('../commands/kubeconfig/credential.ts'),
  'profiles:get': () => import('../commands/profiles/get.ts'),
  'profiles:list': () => import('../commands/profiles/list.ts'),
};
