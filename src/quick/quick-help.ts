import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { commandHelp, type HelpTree, rootHelp, topicHelp } from '../cli/output/help-pages.ts';
import { helpLook } from '../cli/output/terminal.ts';

/** The commands and topics as `npm run build` wrote them from oclif.manifest.json, without the flags of all commands. */
export function readHelpTree(dist: string): HelpTree {
  return JSON.parse(readFileSync(join(dist, 'help.json'), 'utf8'));
}

/** @returns the page of help that is asked for by nothing but a name and a flag of help; undefined for everything else */
export function quickHelp(argv: readonly string[], dist: string): string | undefined {
  const flag = argv.at(-1);
  if (flag !== undefined && flag !== '--help' && flag !== '-h') return undefined;
  const names = argv.slice(0, -1);
  if (names.some((name) => !/^[a-z-]+$/.test(name) || name.startsWith('-'))) return undefined;
  const tree = readHelpTree(dist);
  const look = helpLook(process.stdout, process.env);
  const id = names.join(':');
  if (id === '' || id === 'help') return rootHelp(tree, look);
  const command = tree.commands.find((each) =>
    [each.id, ...(each.aliases ?? []), ...(each.hiddenAliases ?? [])].includes(id),
  );
  if (command !== undefined) return commandHelp({ ...command, id }, tree, look);
  const topic = tree.topics.find(({ name }) => name === id);
  return topic === undefined ? undefined : topicHelp(topic, tree, look);
}
