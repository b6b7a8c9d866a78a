/** The commands that run without oclif, by what users type: those that scripts, prompts and kubectl call again and again. */
const QUICK_NAMES = {
  list: 'list',
  ls: 'list',
  ps: 'list',
  get: 'get',
  describe: 'get',
  show: 'get',
  status: 'get',
  outputs: 'outputs',
  quota: 'quota',
  whoami: 'whoami',
  'context current': 'context:current',
  'context list': 'context:list',
  'context use': 'context:use',
  'jobs get': 'jobs:get',
  'jobs list': 'jobs:list',
  'kubeconfig credential': 'kubeconfig:credential',
  'profiles get': 'profiles:get',
  'profiles list': 'profiles:list',
} as const;

export type QuickId = (typeof QUICK_NAMES)[keyof typeof QUICK_NAMES];

export interface QuickCall {
  readonly id: QuickId;
  /** The words after the command. */
  readonly words: readonly string[];
}

/** @returns undefined if the words do not begin with the name of such a command */
export function quickCommand(argv: readonly string[]): QuickCall | undefined {
  const found = [2, 1].find((count) => Object.hasOwn(QUICK_NAMES, argv.slice(0, count).join(' ')));
  if (found === undefined) return undefined;
  const name = argv.slice(0, found).join(' ') as keyof typeof QUICK_NAMES;
  return { id: QUICK_NAMES[name], words: argv.slice(found) };
}
