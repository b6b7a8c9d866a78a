// What docs/cli and man say of the commands, from oclif.manifest.json.
import * as z from 'zod';
import { argumentWord, flagWords, isRequiredFlag, usageLine } from '../../src/cli/output/flag-text.ts';

const flagSchema = z.object({
  name: z.string(),
  char: z.string().optional(),
  description: z.string(),
  helpValue: z.string().optional(),
  helpGroup: z.string().optional(),
  hidden: z.boolean().optional(),
  required: z.boolean().optional(),
  type: z.enum(['option', 'boolean']),
});
const commandSchema = z.object({
  id: z.string(),
  aliases: z.array(z.string()),
  hidden: z.boolean().optional(),
  summary: z.string(),
  description: z.string().optional(),
  usage: z.string().optional(),
  examples: z.array(z.string()),
  strict: z.boolean().optional(),
  args: z.record(
    z.string(),
    z.object({
      name: z.string(),
      description: z.string(),
      required: z.boolean().optional(),
      multiple: z.boolean().optional(),
    }),
  ),
  flags: z.record(z.string(), flagSchema),
});
const manifestSchema = z.object({ commands: z.record(z.string(), commandSchema) });
const topicsSchema = z.record(z.string(), z.object({ description: z.string() }));

export interface CommandText {
  /** `jobs list` */
  readonly name: string;
  readonly summary: string;
  /** Paragraphs. */
  readonly description: readonly string[];
  readonly usage: string;
  readonly aliases: readonly string[];
  readonly args: readonly (readonly [name: string, description: string])[];
  readonly flags: readonly (readonly [flag: string, description: string])[];
  readonly examples: readonly string[];
}

/** A command, or a topic with its commands. */
export interface CommandPageText {
  readonly name: string;
  readonly summary: string;
  readonly commands: readonly CommandText[];
}

/** @param manifest text of oclif.manifest.json @param topics of package.json */
export function commandPages(manifest: string, topics: unknown): CommandPageText[] {
  const { commands } = manifestSchema.parse(JSON.parse(manifest));
  const described = topicsSchema.parse(topics);
  const aliases = new Set(Object.values(commands).flatMap((command) => command.aliases));
  const shown = Object.values(commands).filter(({ id, hidden }) => !hidden && !aliases.has(id));
  const names = [...new Set(shown.map(({ id }) => id.split(':')[0] ?? ''))].sort();
  return names.map((name) => {
    const own = shown.filter(({ id }) => id === name || id.startsWith(`${name}:`));
    const summary = described[name]?.description ?? own[0]?.summary ?? '';
    return {
      name,
      summary: own.find(({ id }) => id === name)?.summary ?? summary,
      commands: own.map(commandText).sort((a, b) => (a.name < b.name ? -1 : 1)),
    };
  });
}

type Command = z.infer<typeof commandSchema>;

function commandText(command: Command): CommandText {
  const name = command.id.replaceAll(':', ' ');
  const flags = Object.values(command.flags).filter(
    ({ helpGroup, hidden }) => helpGroup !== 'GLOBAL' && !hidden,
  );
  const required = flags.filter(isRequiredFlag);
  const args = Object.values(command.args);
  const sorted = flags
    .filter((flag) => !isRequiredFlag(flag))
    .sort(
      (a, b) => Number(a.char === undefined) - Number(b.char === undefined) || (a.name < b.name ? -1 : 1),
    );
  return {
    name,
    summary: command.summary,
    description: (command.description ?? '').split(/\n\n+/).filter((paragraph) => paragraph !== ''),
    usage: `ocpctl ${command.usage ?? usageLine(name, args, flags, command.strict)}`,
    aliases: command.aliases.map((alias) => alias.replaceAll(':', ' ')),
    args: args.map((argument) => [argumentWord(argument, command.strict), argument.description]),
    flags: [...required, ...sorted].map((flag) => [flagWords(flag), flag.description]),
    examples: command.examples.map((example) => example.replaceAll('<%= config.bin %>', 'ocpctl')),
  };
}
