import type { PlanFact } from '../builder.ts';
import { shownCommand } from './command-words.ts';
import { fact, type PlanDraft } from './plan-draft.ts';
import {
  type Pyproject,
  type PythonPackages,
  pythonPackages,
  readPyproject,
  VENV,
} from './python-packages.ts';
import type { SourceView } from './source-files.ts';

const MARKERS = [
  'requirements.txt',
  'pyproject.toml',
  'Pipfile',
  'uv.lock',
  'poetry.lock',
  'setup.py',
  'manage.py',
];
const ENTRY_FILES = ['main.py', 'app.py', 'server.py', 'run.py', 'wsgi.py'];
const APP_FILES = [
  'main.py',
  'app.py',
  'server.py',
  'wsgi.py',
  'asgi.py',
  'app/main.py',
  'app/__init__.py',
  'src/main.py',
];
/** Servers take the address from these: on this host, an instance listens for the proxy only. */
const BIND = '"${HOST:-0.0.0.0}:$PORT"';
const HOST_AND_PORT = '--host "${HOST:-0.0.0.0}" --port "$PORT"';

/** @returns undefined without a file of Python packaging; a sentence when it cannot be read */
export function planPython(view: SourceView): PlanDraft | string | undefined {
  const marker = view.first(...MARKERS) ?? view.first('main.py', 'app.py');
  if (marker === undefined) return undefined;
  const pyproject = readPyproject(view);
  if (typeof pyproject === 'string') return pyproject;
  const packages = pythonPackages(view, pyproject);
  const version = pythonVersion(view, pyproject);
  const started = pythonStart(view, pyproject, packages);
  const facts: PlanFact[] = [
    fact('Python', marker),
    ...(version === undefined ? [] : [fact(`Python ${version.range}`, version.why)]),
    packages.fact,
    ...(started === undefined ? [] : [fact(`start with ${shownCommand(started.start)}`, started.why)]),
  ];
  return {
    kind: 'python',
    ...(version === undefined ? {} : { languageVersion: version.range }),
    steps: packages.steps,
    outputDirectory: '.',
    start: started?.start,
    startLookedFor: [
      'manage.py',
      'a FastAPI or Flask app',
      'project.scripts in pyproject.toml',
      ...ENTRY_FILES,
    ],
    facts,
  };
}

function pythonVersion(
  view: SourceView,
  pyproject: Pyproject | undefined,
): { range: string; why: string } | undefined {
  for (const file of ['.python-version', 'runtime.txt']) {
    const range = /^(?:python-)?(\d[\d.]*)\s*$/m.exec(view.text(file) ?? '')?.[1];
    if (range !== undefined) return { range, why: file };
  }
  const range = pyproject?.project?.['requires-python'];
  return range === undefined ? undefined : { range, why: 'requires-python in pyproject.toml' };
}

interface Start {
  readonly start: readonly string[];
  readonly why: string;
}

function pythonStart(
  view: SourceView,
  pyproject: Pyproject | undefined,
  { names }: PythonPackages,
): Start | undefined {
  return (
    djangoStart(view, names) ??
    asgiStart(view, names) ??
    wsgiStart(view, names) ??
    scriptOf(pyproject) ??
    entryStart(view)
  );
}

function djangoStart(view: SourceView, names: ReadonlySet<string>): Start | undefined {
  if (!view.has('manage.py') || !names.has('django')) return undefined;
  const wsgi = view.below().find((path) => /^[\w]+\/wsgi\.py$/.test(path));
  if (names.has('gunicorn') && wsgi !== undefined)
    return {
      start: shell(`gunicorn --bind ${BIND} ${moduleOf(wsgi)}`),
      why: `Django with gunicorn, ${wsgi}`,
    };
  return {
    start: shell(`python manage.py runserver --noreload ${BIND}`),
    why: 'manage.py: the development server, as gunicorn is not among the packages',
  };
}

function asgiStart(view: SourceView, names: ReadonlySet<string>): Start | undefined {
  const app = findApp(view, /^(\w+)\s*(?::\s*\w+\s*)?=\s*(?:\w+\.)?(?:FastAPI|Starlette|Quart|Litestar)\(/m);
  if (app === undefined) return undefined;
  const runsUvicorn = names.has('uvicorn') || names.has('fastapi');
  const server = names.has('hypercorn') ? `hypercorn --bind ${BIND}` : `uvicorn ${HOST_AND_PORT}`;
  return runsUvicorn || names.has('hypercorn')
    ? { start: shell(`python -m ${server} ${app.reference}`), why: `an ASGI app in ${app.file}` }
    : undefined;
}

function wsgiStart(view: SourceView, names: ReadonlySet<string>): Start | undefined {
  const app = findApp(
    view,
    /^(\w+)\s*(?::\s*\w+\s*)?=\s*(?:\w+\.)?(?:Flask|Bottle|Falcon|get_wsgi_application)\(/m,
  );
  if (app === undefined) return undefined;
  if (names.has('gunicorn'))
    return { start: shell(`gunicorn --bind ${BIND} ${app.reference}`), why: `a WSGI app in ${app.file}` };
  return names.has('flask')
    ? {
        start: shell(`python -m flask --app ${app.reference} run ${HOST_AND_PORT}`),
        why: `a Flask app in ${app.file}: the development server, as gunicorn is not among the packages`,
      }
    : undefined;
}

function findApp(view: SourceView, pattern: RegExp): { reference: string; file: string } | undefined {
  for (const file of APP_FILES) {
    const name = pattern.exec(view.text(file) ?? '')?.[1];
    if (name !== undefined) return { reference: `${moduleOf(file)}:${name}`, file };
  }
  return undefined;
}

function moduleOf(file: string): string {
  return file.replace(/(\/__init__)?\.py$/, '').replaceAll('/', '.');
}

function scriptOf(pyproject: Pyproject | undefined): Start | undefined {
  const [name, ...others] = Object.keys(pyproject?.project?.scripts ?? {});
  if (name === undefined || others.length > 0) return undefined;
  return { start: [`${VENV}/bin/${name}`], why: 'the only one of project.scripts in pyproject.toml' };
}

function entryStart(view: SourceView): Start | undefined {
  const file = view.first(...ENTRY_FILES);
  return file === undefined ? undefined : { start: [`${VENV}/bin/python`, file], why: `${file} exists` };
}

/** Servers of the virtual environment, with variables expanded; the shell is replaced by them. */
function shell(command: string): readonly string[] {
  return ['/bin/sh', '-c', `exec ${VENV}/bin/${command}`];
}
