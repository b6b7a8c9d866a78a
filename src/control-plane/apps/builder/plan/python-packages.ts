import { parse } from 'smol-toml';
import * as z from 'zod';
import type { PlanFact } from '../builder.ts';
import { fact } from './plan-draft.ts';
import type { SourceView } from './source-files.ts';

const pyprojectSchema = z.object({
  project: z
    .object({
      'requires-python': z.string().optional(),
      dependencies: z.array(z.string()).default([]),
      scripts: z.record(z.string(), z.string()).default({}),
    })
    .optional(),
  tool: z
    .object({
      poetry: z
        .object({ dependencies: z.record(z.string(), z.unknown()).default({}) })
        .loose()
        .optional(),
    })
    .loose()
    .default({}),
});

export type Pyproject = z.infer<typeof pyprojectSchema>;

export const VENV = '.venv';
/** Programs that install, apart from what is installed; removed after the build. */
export const TOOLS_VENV = '.ocpctl/tools';

/** @returns undefined without the file; a sentence when it cannot be read */
export function readPyproject(view: SourceView): Pyproject | string | undefined {
  const text = view.text('pyproject.toml');
  if (text === undefined) return undefined;
  let document: unknown;
  try {
    document = parse(text);
  } catch {
    return 'pyproject.toml is not valid TOML';
  }
  const { data, error } = pyprojectSchema.safeParse(document);
  const [issue] = error?.issues ?? [];
  return data ?? `pyproject.toml: ${issue?.path.join('.')}: ${issue?.message}`;
}

export interface PythonPackages {
  readonly steps: readonly { readonly name: string; readonly argv: readonly string[] }[];
  readonly fact: PlanFact;
  /** Names of packages that the source asks for, in lower case. */
  readonly names: ReadonlySet<string>;
}

/** How the packages of a source are installed into its virtual environment. */
export function pythonPackages(view: SourceView, pyproject: Pyproject | undefined): PythonPackages {
  const names = packageNames(view, pyproject);
  const lock = LOCKED.find(({ file }) => view.has(file));
  if (lock !== undefined) {
    const { tool, args, file } = lock;
    return {
      names,
      fact: fact(`install with ${tool} ${args.join(' ')}`, file),
      steps: [
        { name: 'environment', argv: ['python3', '-m', 'venv', VENV] },
        { name: 'tools', argv: ['python3', '-m', 'venv', TOOLS_VENV] },
        { name: 'tools', argv: [`${TOOLS_VENV}/bin/python`, '-m', 'pip', 'install', '--quiet', tool] },
        { name: 'install', argv: [`${TOOLS_VENV}/bin/${tool}`, ...args] },
      ],
    };
  }
  const source = installSource(view, pyproject);
  const install = source === undefined ? [] : [pip(...source.args)];
  return {
    names,
    fact:
      source === undefined
        ? fact('nothing to install', 'neither requirements.txt nor a project in pyproject.toml')
        : fact(`install with pip install ${source.args.join(' ')}`, source.why),
    steps: [{ name: 'environment', argv: ['python3', '-m', 'venv', VENV] }, ...install],
  };
}

/** They install into the environment that VIRTUAL_ENV names. */
const LOCKED = [
  { file: 'uv.lock', tool: 'uv', args: ['sync', '--frozen', '--no-dev', '--active'] },
  { file: 'poetry.lock', tool: 'poetry', args: ['install', '--only', 'main', '--no-interaction'] },
  { file: 'Pipfile.lock', tool: 'pipenv', args: ['install', '--deploy'] },
] as const;

function installSource(
  view: SourceView,
  pyproject: Pyproject | undefined,
): { args: readonly string[]; why: string } | undefined {
  const file = view.first('requirements.txt', 'requirements/production.txt', 'requirements/prod.txt');
  if (file !== undefined) return { args: ['-r', file], why: file };
  if (pyproject?.project !== undefined || pyproject?.tool.poetry !== undefined)
    return { args: ['.'], why: 'pyproject.toml' };
  return view.has('setup.py') ? { args: ['.'], why: 'setup.py' } : undefined;
}

function pip(...args: readonly string[]) {
  return { name: 'install', argv: [`${VENV}/bin/python`, '-m', 'pip', 'install', ...args] };
}

/** The name at the beginning of `Flask[async]>=3 ; python_version > "3.8"`. */
const REQUIREMENT = /^[A-Za-z0-9][\w.-]*/;

function packageNames(view: SourceView, pyproject: Pyproject | undefined): ReadonlySet<string> {
  const lines = [
    'requirements.txt',
    'requirements/production.txt',
    'requirements/prod.txt',
    'Pipfile',
  ].flatMap((file) => (view.text(file) ?? '').split('\n'));
  const named = [
    ...lines,
    ...(pyproject?.project?.dependencies ?? []),
    ...Object.keys(pyproject?.tool.poetry?.dependencies ?? {}),
  ];
  return new Set(named.flatMap((line) => REQUIREMENT.exec(line.trim())?.[0].toLowerCase() ?? []));
}
