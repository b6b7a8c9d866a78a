import { type ListView, listDocument, listView } from './view.ts';

interface Step {
  readonly command: string;
  readonly seconds: number;
}

/** The result of `try`: TOOK COMMAND. */
export function demoView(steps: readonly Step[]): ListView<Step> {
  return listView({
    document: listDocument(steps),
    rows: steps,
    columns: [
      {
        header: 'TOOK',
        text: ({ seconds }) => `${seconds.toFixed(1)}s`,
        exact: ({ seconds }) => String(seconds),
        align: 'right',
      },
      { header: 'COMMAND', text: ({ command }) => command },
    ],
    name: ({ command }) => command,
  });
}
