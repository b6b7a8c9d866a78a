import { fact, type PlanDraft } from './plan-draft.ts';
import type { SourceView } from './source-files.ts';

export const CONTAINERFILES = ['Containerfile', 'Dockerfile'] as const;

/** @returns undefined without a Containerfile */
export function planContainerfile(view: SourceView): PlanDraft | undefined {
  const file = view.first(...CONTAINERFILES);
  if (file === undefined) return undefined;
  const ports = exposedPorts(view.text(file) ?? '');
  const [port] = ports;
  const isClear = port !== undefined && ports.length === 1;
  return {
    kind: 'containerfile',
    steps: [],
    start: [],
    outputDirectory: '.',
    containerfile: file,
    ...(isClear ? { port } : {}),
    facts: [
      fact('an image, built as its author says', file),
      ...(isClear ? [fact(`it listens on port ${port}`, `EXPOSE in ${file}`)] : []),
    ],
  };
}

/** Of the last stage, which is the image. */
function exposedPorts(text: string): number[] {
  const stage = text.slice(Math.max(0, text.search(/^FROM(?![\s\S]*^FROM)/im)));
  const words = [...stage.matchAll(/^\s*EXPOSE\s+(.+)$/gim)].flatMap(([, list = '']) =>
    list.trim().split(/\s+/),
  );
  return [...new Set(words.flatMap((word) => /^(\d+)(\/tcp)?$/.exec(word)?.[1] ?? []).map(Number))];
}
