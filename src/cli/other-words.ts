import type { Config } from '@oclif/core/config';

/** Words of other command lines for the commands that only read; most topics have those. */
const SAME: Readonly<Record<string, 'get' | 'list'>> = {
  describe: 'get',
  show: 'get',
  info: 'get',
  inspect: 'get',
  status: 'get',
  ls: 'list',
  ps: 'list',
};

/** What is suggested for a word of another command line: the first of them that the topic has. */
const MEANT: Readonly<Record<string, readonly string[]>> = {
  ...Object.fromEntries(Object.keys(SAME).map((word) => [word, ['get', 'list']])),
  get: ['list'],
  list: ['get'],
  create: ['deploy', 'add', 'set'],
  new: ['create', 'deploy', 'add'],
  up: ['deploy'],
  push: ['deploy'],
  add: ['create', 'set'],
  edit: ['set'],
  update: ['set', 'deploy'],
  start: ['scale'],
  delete: ['destroy', 'remove', 'unset'],
  rm: ['destroy', 'remove', 'unset'],
  remove: ['destroy', 'unset'],
};

/** Each of them ends, removes or replaces something. */
const DESTRUCTIVE = new Set([
  ...['destroy', 'delete', 'remove', 'rm', 'unset', 'clear', 'stop', 'rollback', 'cancel'],
  ...['restart', 'restore', 'rotate', 'sweep', 'revoke', 'uninstall'],
]);

/**
 * The command line in the words of ocpctl: `app describe api` as `app get api`, and `app help deploy` as `help app deploy`. A topic that has
 * a command of the word keeps it.
 */
export function ownCommand(config: Config, argv: readonly string[]): string[] {
  const end = argv.findIndex((word) => word.startsWith('-'));
  const words = argv.slice(0, end === -1 ? argv.length : end);
  const isTopic = (count: number) => config.findTopic(words.slice(0, count).join(':')) !== undefined;
  let count = 0;
  while (count < words.length && isTopic(count + 1)) count++;
  const [topic, word, rest] = [words.slice(0, count), words[count] ?? '', argv.slice(count + 1)];
  const exists = (name: string) => config.findCommand([...topic, name].join(':')) !== undefined;
  if (exists(word)) return [...argv];
  if (word === 'help') return ['help', ...topic, ...rest];
  const same = Object.hasOwn(SAME, word) ? SAME[word] : undefined;
  return same !== undefined && exists(same) ? [...topic, same, ...rest] : [...argv];
}

/** @returns what was probably meant by a word that a topic does not have; never a command that destroys for a word that does not */
export function meantCommand(word: string, names: readonly string[]): string | undefined {
  const meant = Object.hasOwn(MEANT, word) ? MEANT[word] : undefined;
  return meant?.find((name) => names.includes(name));
}

/** Whether a name may be suggested for a word: what destroys only for a misspelling of it. */
export function mayBeSuggested(word: string, name: string): boolean {
  if (!DESTRUCTIVE.has(name)) return true;
  const isClose = Math.abs(word.length - name.length) <= 1 && word.slice(0, 2) === name.slice(0, 2);
  return isClose && !Object.hasOwn(MEANT, word);
}
