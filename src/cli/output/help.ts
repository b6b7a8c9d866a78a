import { getHelpFlagAdditions, standardizeIDFromArgv } from '@oclif/core/help';
import type { Config } from '@oclif/core/interfaces';
import type { HelpLook } from './help-layout.ts';
import { commandHelp, type HelpTree, rootHelp, topicHelp } from './help-pages.ts';
import { helpLook } from './terminal.ts';

/** What oclif calls for help (`helpClass` of package.json). */
export default class Help {
  readonly #config: Config;
  readonly #look: HelpLook;

  constructor(config: Config) {
    this.#config = config;
    this.#look = helpLook(process.stdout, process.env);
  }

  async showHelp(argv: readonly string[]): Promise<void> {
    process.stdout.write(this.#page(argv));
  }

  #page(argv: readonly string[]): string {
    const config = this.#config;
    const flags = getHelpFlagAdditions(config);
    const words = standardizeIDFromArgv(
      argv.filter((word) => !flags.includes(word)),
      config,
    );
    const id = words.find((word) => word !== 'help');
    const tree = helpTree(config);
    if (id === undefined || id.startsWith('-')) return rootHelp(tree, this.#look);
    const command = config.findCommand(id);
    if (command !== undefined) return commandHelp(command, tree, this.#look);
    return topicHelp(config.findTopic(id, { must: true }), tree, this.#look);
  }
}

/** The commands that oclif knows, without their other names. */
export function helpTree({ pjson, commands, topics }: Config): HelpTree {
  const aliases = new Set(commands.flatMap((command) => [...command.aliases, ...command.hiddenAliases]));
  return {
    description: String(pjson['description']),
    commands: commands.filter(({ id }) => !aliases.has(id)),
    topics,
  };
}
