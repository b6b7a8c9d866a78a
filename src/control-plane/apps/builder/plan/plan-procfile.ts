import { shownCommand } from './command-words.ts';
import { asProgram, fact, type PlanDraft, userCommand } from './plan-draft.ts';
import type { SourceView } from './source-files.ts';

const LINE = /^([A-Za-z0-9_-]+):\s*(\S.*)$/;

/** @returns the commands of a Procfile by process type; undefined without the file */
function readProcfile(view: SourceView, base: PlanDraft): Processes['processes'] {
  const text = view.text('Procfile');
  if (text === undefined) return undefined;
  const matches = text.split(/\r?\n/).flatMap((line) => {
    const match = LINE.exec(line.trim());
    return match === null ? [] : [[match[1] ?? '', userCommand(match[2] ?? '', base)] as const];
  });
  return Object.fromEntries(matches);
}

/**
 * A Procfile says what runs, not how it is built: the rules of the language do. A plan of a Procfile alone builds nothing.
 * @returns a sentence for a Procfile without a command
 */
export function withProcfile(
  view: SourceView,
  draft: PlanDraft | undefined,
): (PlanDraft & Processes) | string | undefined {
  const base = asProgram(draft ?? NOTHING_BUILT);
  const processes = readProcfile(view, base);
  if (processes === undefined) return draft;
  const runnable = Object.keys(processes).filter((name) => name !== 'release');
  const name = runnable.includes('web') ? 'web' : runnable[0];
  const start = name === undefined ? undefined : processes[name];
  if (name === undefined || start === undefined)
    return 'Procfile has no process: expected a line such as web: node server.js';
  const others = runnable.filter((each) => each !== name);
  return {
    ...base,
    start,
    serviceKind: name === 'web' ? 'web' : 'worker',
    processes,
    facts: [
      ...base.facts.filter(({ what }) => !what.startsWith('start with')),
      fact(`start with ${shownCommand(start)}`, `${name} in Procfile`),
      ...(others.length === 0
        ? []
        : [fact(`not started: ${others.join(', ')}`, 'Procfile; each is a service of its own')]),
      ...('release' in processes ? [fact('the release process is not run', 'Procfile')] : []),
    ],
  };
}

const NOTHING_BUILT: PlanDraft = {
  kind: 'procfile',
  steps: [],
  outputDirectory: '.',
  start: undefined,
  facts: [],
};

interface Processes {
  readonly processes?: Readonly<Record<string, readonly string[]>>;
}
