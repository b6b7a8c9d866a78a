import { fact, type PlanDraft } from './plan-draft.ts';
import type { SourceView } from './source-files.ts';

/** The static server of ours and the site lie beside each other in what the builder makes. */
export const STATIC_SERVER_FILE = 'static-server.mjs';
export const STATIC_SITE_DIRECTORY = 'site';
export const STATIC_START: readonly string[] = ['node', STATIC_SERVER_FILE, STATIC_SITE_DIRECTORY];

/** @returns undefined without index.html or Staticfile */
export function planStatic(view: SourceView): PlanDraft | undefined {
  const found = siteDirectory(view);
  if (found === undefined) return undefined;
  const { directory, why } = found;
  return {
    kind: 'static',
    steps: [],
    outputDirectory: directory,
    start: STATIC_START,
    serviceKind: 'static',
    facts: [fact(directory === '.' ? 'static files' : `static files of ${directory}`, why)],
  };
}

function siteDirectory(view: SourceView): { directory: string; why: string } | undefined {
  const staticfile = view.text('Staticfile');
  const root = /^root:\s*(\S+)/m.exec(staticfile ?? '')?.[1]?.replace(/^\.\/|\/$/g, '');
  if (root !== undefined && !root.split('/').includes('..'))
    return { directory: root || '.', why: 'root in Staticfile' };
  if (view.has('index.html')) return { directory: '.', why: 'index.html' };
  if (view.has('public/index.html')) return { directory: 'public', why: 'public/index.html' };
  return view.has('Staticfile') ? { directory: '.', why: 'Staticfile' } : undefined;
}
