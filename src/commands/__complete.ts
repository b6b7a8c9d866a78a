import { BaseCommand } from '../cli/base-command.ts';
import { type Candidate, type Completion, completeWords } from '../cli/completion/complete-words.ts';
import { processIo } from '../cli/output/io.ts';
import { ownWords } from '../cli/own-words.ts';
import type { Session } from '../cli/session.ts';
import { printableLines } from '../contract/escape.ts';

/** What the completion scripts call. It never fails: an error in the middle of a line that is being typed helps no one. */
export default class Complete extends BaseCommand {
  static override summary = 'Complete a command line, for the completion scripts of shells';
  static override examples = ["<%= config.bin %> __complete -- create --profile ''"];
  static override hidden = true;
  static override strict = false;

  async run(): Promise<void> {
    const own = ownWords(this.argv);
    // Before the parser changes argv.
    const words = this.argv.slice(own.length + 1);
    const { flags } = await this.parse(Complete, [...own]);
    const found = completeWords(this.config.commands, this.config.topics, words);
    if (found.kind === 'files') return;
    const names = async (wanted: NameCompletion) =>
      namesOf(await this.open({ ...flags, ...wanted.flags, quiet: true }), wanted);
    const candidates =
      found.kind === 'names' ? await names(found).catch(() => []) : await knownCandidates(found);
    const lines = candidates.map(({ value, description }) => {
      const [text = ''] = printableLines(description ?? '').split('\n');
      const word = printableLines(value).replace(/\s.*/s, '');
      return description === undefined ? word : `${word}\t${text.replaceAll('\t', ' ')}`;
    });
    if (lines.length > 0) processIo().stdout.write(`${lines.join('\n')}\n`);
  }
}

/** What is known without a server. */
async function knownCandidates(
  found: Extract<Completion, { kind: 'words' | 'columns' }>,
): Promise<readonly Candidate[]> {
  if (found.kind === 'words') return found.candidates;
  const { columnValues, listColumns } = await import('../cli/completion/list-columns.ts');
  const values = columnValues(await listColumns(found.command), found.current, found.prefix);
  return values
    .filter((value) => value.startsWith(`${found.prefix}${found.current}`))
    .map((value) => ({ value }));
}

type NameCompletion = Extract<Completion, { kind: 'names' }>;

async function namesOf(
  session: Session,
  { of, prefix, current, file, app }: NameCompletion,
): Promise<Candidate[]> {
  const { knownNames } = await import('../cli/completion/known-names.ts');
  const names = await knownNames(session, of, { kubeconfig: file, app });
  return names
    .filter(({ value }) => value.startsWith(current))
    .map((name) => ({ ...name, value: `${prefix}${name.value}` }));
}
