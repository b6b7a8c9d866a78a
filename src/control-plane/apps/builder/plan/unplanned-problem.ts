import { closestMatch } from '../../../../contract/closest-match.ts';
import { CONTAINERFILES } from './plan-containerfile.ts';
import type { PlanOptions, PlanProblem } from './plan-result.ts';
import type { SourceView } from './source-files.ts';

const MARKERS = [
  'package.json',
  'go.mod',
  'requirements.txt',
  'pyproject.toml',
  'Pipfile',
  'uv.lock',
  'index.html',
];
const OTHER_NAMES = ['Procfile', 'Staticfile', ...CONTAINERFILES];
const LOOKED_FOR = [
  'Containerfile, Dockerfile',
  'Procfile',
  'package.json (Node.js)',
  'go.mod (Go)',
  'requirements.txt, pyproject.toml, Pipfile, uv.lock (Python)',
  'index.html, public/index.html, Staticfile (static files)',
];

/** Known, and not built: the user says how, or gives a Containerfile. */
const UNSUPPORTED: readonly (readonly [file: RegExp, language: string])[] = [
  [/^Gemfile$/, 'Ruby'],
  [/^(composer\.json|index\.php)$/, 'PHP'],
  [/^(pom\.xml|build\.gradle(\.kts)?|gradlew)$/, 'Java'],
  [/^Cargo\.toml$/, 'Rust'],
  [/^deno\.jsonc?$/, 'Deno'],
  [/^mix\.exs$/, 'Elixir'],
  [/\.csproj$/, '.NET'],
];

/** Nothing was found: what was looked for, and what was probably meant. */
export function unplannedProblem(view: SourceView, { overrides, canRunImages }: PlanOptions): PlanProblem {
  const { kind } = overrides;
  const message =
    kind === undefined
      ? 'it is not clear what this source is'
      : `nothing of kind ${kind} was found in ${view.root === '.' ? 'the source' : view.root}`;
  const hint = hintFor(view, canRunImages);
  return { message, lookedFor: LOOKED_FOR, ...(hint === undefined ? {} : { hint }) };
}

function hintFor(view: SourceView, canRunImages: boolean): string | undefined {
  const here = view.below().filter((path) => !path.includes('/'));
  const image = view.first(...CONTAINERFILES);
  if (image !== undefined && !canRunImages)
    return `${image} needs podman and buildah on the server; see ocpctl app doctor`;
  for (const [pattern, language] of UNSUPPORTED) {
    const file = here.find((path) => pattern.test(path));
    if (file !== undefined)
      return `${file}: ${language} is not built without your help; add a Containerfile, or say --build and --start`;
  }
  const below = nearestBelow(view);
  if (below !== undefined) return below;
  for (const path of here) {
    const name = closestMatch(path, [...MARKERS, ...OTHER_NAMES]);
    if (name !== undefined) return `did you mean ${name} by ${path}?`;
  }
  return undefined;
}

/** In a monorepo the service is a directory below. */
function nearestBelow(view: SourceView): string | undefined {
  const candidates = view
    .below()
    .filter((path) => path.includes('/') && !/(^|\/)(node_modules|vendor|test|tests|docs)\//.test(path))
    .filter((path) => [...MARKERS, ...OTHER_NAMES].includes(path.split('/').at(-1) ?? ''))
    .sort((a, b) => a.split('/').length - b.split('/').length);
  const [first] = candidates;
  if (first === undefined) return undefined;
  const directory = first.split('/').slice(0, -1).join('/');
  const root = view.root === '.' ? directory : `${view.root}/${directory}`;
  return `${root} has ${first.split('/').at(-1)}: pass --root ${root}`;
}
