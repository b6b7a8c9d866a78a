import { describe, expect, test } from 'vitest';
import type { PlanOptions } from '../../../../../src/control-plane/apps/builder/plan/plan-result.ts';
import { planOf, summary } from './source-kit.ts';

type Files = Readonly<Record<string, string | object>>;
type Case = [what: string, files: Files, expected: object, options?: Partial<PlanOptions>];

const EXPRESS = { dependencies: { express: '5' } };
const NPM_CI = 'npm ci --no-audit --no-fund';
const NPM_CI_DEV = 'npm ci --include=dev --no-audit --no-fund';
const NPM_INSTALL = 'npm install --no-audit --no-fund';
const VENV = 'python3 -m venv .venv';
const PIP = (what: string) => `.venv/bin/python -m pip install ${what}`;

describe('the order of what is looked for', () => {
  const everything: Files = {
    Containerfile: 'FROM scratch\n',
    Procfile: 'web: ./run\n',
    'package.json': EXPRESS,
    'server.js': '',
    'go.mod': 'module x\n',
    'main.go': 'package main\n',
    'requirements.txt': '',
    'main.py': '',
    'index.html': '',
  };
  const without = (...names: string[]) =>
    Object.fromEntries(Object.entries(everything).filter(([name]) => !names.includes(name)));

  test('a Containerfile is first where images can be built', () => {
    expect(summary(everything, { canRunImages: true })).toMatchObject({
      kind: 'containerfile',
      steps: [],
      start: '',
    });
  });
  test('where they cannot, a Containerfile is left out, and the plan says so', () => {
    const { plan } = planOf(everything);
    expect(plan).toMatchObject({ kind: 'node', start: ['./run'] });
    expect(plan?.facts[0]).toEqual({
      what: 'Containerfile is not used',
      why: 'this server builds no images',
    });
  });
  test.each([
    ['node', [], 'node server.js'],
    ['go', ['package.json'], './.ocpctl/app'],
    ['python', ['package.json', 'go.mod'], '.venv/bin/python main.py'],
    ['static', ['package.json', 'go.mod', 'requirements.txt', 'main.py'], 'node static-server.mjs site'],
  ])('%s', (kind, missing, start) => {
    expect(summary(without('Procfile', 'Containerfile', ...missing))).toMatchObject({ kind, start });
  });
});

describe('Node.js', () => {
  const lock = { 'package-lock.json': '' };
  test.each<Case>([
    [
      'npm with a lockfile',
      { 'package.json': { ...EXPRESS, scripts: { start: 'node server.js' } }, ...lock },
      { steps: [NPM_CI], start: 'node server.js' },
    ],
    [
      'npm without one: no npm ci',
      { 'package.json': { ...EXPRESS, main: 'server.js' }, 'server.js': '' },
      { steps: [NPM_INSTALL], start: 'node server.js' },
    ],
    [
      'nothing to install',
      { 'package.json': { main: './app' }, 'app.js': '' },
      { steps: [], start: 'node app.js' },
    ],
    [
      'a build, with what only builds need',
      { 'package.json': { ...EXPRESS, scripts: { build: 'tsc' }, main: 'dist/main.js' }, ...lock },
      { steps: [NPM_CI_DEV, 'npm run build'], start: 'node dist/main.js' },
    ],
    [
      'a start script that is more than node',
      { 'package.json': { ...EXPRESS, scripts: { start: 'NODE_ENV=production node .' } }, ...lock },
      { start: 'npm run start' },
    ],
    [
      'a start script with hooks',
      { 'package.json': { ...EXPRESS, scripts: { prestart: 'x', start: 'node a.js' } }, ...lock },
      { start: 'npm run start' },
    ],
    [
      'main before an entry file',
      { 'package.json': { ...EXPRESS, main: 'lib' }, 'lib/index.js': '', 'server.js': '' },
      { start: 'node lib/index.js' },
    ],
    ['index.js without main', { 'package.json': EXPRESS, 'index.js': '' }, { start: 'node index.js' }],
    [
      'pnpm by its lockfile',
      { 'package.json': { ...EXPRESS, scripts: { build: 'b', start: 'next start' } }, 'pnpm-lock.yaml': '' },
      {
        steps: ['npx --yes pnpm@10 install --frozen-lockfile --prod=false', 'npx --yes pnpm@10 run build'],
        start: 'npm run start',
      },
    ],
    [
      'pnpm by packageManager',
      { 'package.json': { ...EXPRESS, packageManager: 'pnpm@9.1.0+sha512.ab', main: 'a.js' }, 'a.js': '' },
      { steps: ['npx --yes pnpm@9.1.0 install --no-frozen-lockfile'] },
    ],
    [
      'the classic yarn',
      { 'package.json': { ...EXPRESS, main: 'a.js' }, 'a.js': '', 'yarn.lock': '' },
      { steps: ['npx --yes yarn@1 install --frozen-lockfile'] },
    ],
    [
      'the modern yarn',
      {
        'package.json': { ...EXPRESS, packageManager: 'yarn@4.5.0', main: 'a.js' },
        'a.js': '',
        'yarn.lock': '',
      },
      { steps: ['npx --yes --package=@yarnpkg/cli-dist@4.5.0 yarn install --immutable'] },
    ],
    [
      'bun',
      { 'package.json': { ...EXPRESS, main: 'a.js' }, 'a.js': '', 'bun.lock': '' },
      { steps: ['npx --yes bun@1 install --frozen-lockfile'] },
    ],
    [
      'packageManager over a lockfile of another',
      {
        'package.json': { ...EXPRESS, packageManager: 'npm@11.0.0', main: 'a.js' },
        'a.js': '',
        'yarn.lock': '',
      },
      { steps: [NPM_INSTALL] },
    ],
  ])('%s', (_what, files, expected, options) => {
    expect(summary(files, options)).toMatchObject(expected);
  });

  test('a lockfile above the root of a monorepo', () => {
    const files = {
      'package-lock.json': '',
      'package.json': { workspaces: ['api'] },
      'api/package.json': { ...EXPRESS, main: 'a.js' },
      'api/a.js': '',
    };
    expect(summary(files, { overrides: { root: 'api' } })).toMatchObject({
      steps: ['npm --prefix .. ci --no-audit --no-fund'],
      start: 'node a.js',
    });
  });

  test.each([
    [
      'engines.node',
      { 'package.json': { engines: { node: '>=18 <23' }, main: 'a.js' }, '.nvmrc': '20' },
      '>=18 <23',
    ],
    [
      '.nvmrc',
      { 'package.json': { main: 'a.js' }, '.nvmrc': 'v20.11.0\n', '.node-version': '18' },
      '20.11.0',
    ],
    ['.node-version', { 'package.json': { main: 'a.js' }, '.nvmrc': 'lts/*', '.node-version': '18' }, '18'],
    ['none', { 'package.json': { main: 'a.js' } }, undefined],
  ])('the version of %s', (_what, files, version) => {
    expect(planOf({ ...files, 'a.js': '' }).plan?.languageVersion).toBe(version);
  });

  test('what cannot be read is said', () => {
    expect(summary({ 'package.json': '{' })).toEqual({ problem: 'package.json is not valid JSON' });
    expect(planOf({ 'package.json': { scripts: 'x' } }).problem?.message).toMatch(
      /^package\.json: scripts: /,
    );
  });

  test('without a start, what was looked for', () => {
    expect(planOf({ 'package.json': EXPRESS }).problem).toEqual({
      message: 'it is not clear how it starts',
      lookedFor: [
        'scripts.start and main in package.json',
        'server.js',
        'server.mjs',
        'index.js',
        'index.mjs',
        'app.js',
        'main.js',
      ],
      hint: 'say how it starts: --start COMMAND, start in app.yaml, or web in a Procfile',
    });
  });
});

describe('sites that a build makes', () => {
  const site = (dependency: string, scripts: object, more: Files = {}): Files => ({
    'package.json': { devDependencies: { [dependency]: '1' }, scripts: { build: 'b', ...scripts } },
    'package-lock.json': '',
    ...more,
  });
  test.each<Case>([
    [
      'Vite',
      site('vite', { dev: 'vite' }),
      {
        kind: 'static',
        output: 'dist',
        steps: [NPM_CI_DEV, 'npm run build'],
        start: 'node static-server.mjs site --single',
      },
    ],
    [
      'Vite with a directory of its own',
      site('vite', {}, { 'vite.config.ts': "build: { outDir: './public_html' }" }),
      { kind: 'static', output: 'public_html' },
    ],
    ['Vite whose start is for development', site('vite', { start: 'vite --port 1' }), { kind: 'static' }],
    [
      'Vite with a server',
      site('vite', { start: 'node server.js' }),
      { kind: 'node', start: 'node server.js' },
    ],
    [
      'Vite below a framework that renders on a server',
      {
        'package.json': {
          devDependencies: { vite: '1', '@sveltejs/kit': '1' },
          scripts: { build: 'b', start: 'node build' },
        },
      },
      { kind: 'node', start: 'node build' },
    ],
    [
      'Create React App',
      site('react-scripts', { start: 'react-scripts start' }),
      { kind: 'static', output: 'build' },
    ],
    [
      'Astro',
      site('astro', { start: 'astro dev' }),
      { kind: 'static', output: 'dist', start: 'node static-server.mjs site' },
    ],
    [
      'Astro on a server',
      {
        'package.json': {
          dependencies: { astro: '1', '@astrojs/node': '1' },
          scripts: { build: 'b', start: 'node ./dist/server/entry.mjs' },
        },
      },
      { kind: 'node' },
    ],
    [
      'Next.js as an export',
      site('next', { start: 'next start' }, { 'next.config.mjs': "output: 'export'" }),
      { kind: 'static', output: 'out' },
    ],
    ['Next.js', site('next', { start: 'next start' }), { kind: 'node', start: 'npm run start' }],
    [
      'Angular',
      site(
        '@angular/core',
        { start: 'ng serve' },
        {
          'angular.json':
            '{"projects":{"shop":{"architect":{"build":{"builder":"@angular/build:application"}}}}}',
        },
      ),
      { kind: 'static', output: 'dist/shop/browser' },
    ],
    [
      'Vite in app.yaml as a program',
      site('vite', {}),
      { kind: 'node', start: 'node server.js' },
      { overrides: { start: 'node server.js' } },
    ],
  ])('%s', (_what, files, expected, options) => {
    expect(summary(files, options)).toMatchObject(expected);
  });
});

describe('Go', () => {
  const build = (path: string, more = '') =>
    `go build -trimpath -buildvcs=false${more} -o .ocpctl/app ${path}`;
  const mod = 'module example.com/acme/shop/v2\n\ngo 1.22\n';
  test.each<Case>([
    [
      'the root',
      { 'go.mod': mod, 'main.go': '// x\npackage main\n' },
      { kind: 'go', version: '1.22', steps: [build('.')], start: './.ocpctl/app' },
    ],
    [
      'the only program',
      { 'go.mod': mod, 'cmd/api/main.go': 'package main\n', 'lib/a.go': 'package lib\n' },
      { steps: [build('./cmd/api')] },
    ],
    [
      'the program named as the module',
      { 'go.mod': mod, 'cmd/shop/a.go': 'package main\n', 'cmd/tool/a.go': 'package main\n' },
      { steps: [build('./cmd/shop')] },
    ],
    [
      'neither tests nor tools are programs',
      {
        'go.mod': mod,
        'main_test.go': 'package main\n',
        'tools/x.go': 'package main\n',
        'api/x.go': 'package main\n',
        'gen.go': '//go:build ignore\n\npackage main\n',
      },
      { steps: [build('./api')] },
    ],
    [
      'modules without go.sum are looked up',
      { 'go.mod': `${mod}require x v1.0.0\n`, 'main.go': 'package main\n' },
      { steps: [build('.', ' -mod=mod')] },
    ],
    [
      'modules with go.sum',
      { 'go.mod': `${mod}require x v1.0.0\n`, 'go.sum': '', 'main.go': 'package main\n' },
      { steps: [build('.')] },
    ],
    [
      'a toolchain',
      { 'go.mod': `${mod}toolchain go1.23.4\n`, 'main.go': 'package main\n' },
      { version: '1.23.4' },
    ],
    [
      'several programs',
      { 'go.mod': mod, 'cmd/a/a.go': 'package main\n', 'cmd/b/b.go': 'package main\n' },
      { problem: expect.stringMatching(/^several programs: cmd\/a, cmd\/b; say which/) },
    ],
    [
      'no program',
      { 'go.mod': mod, 'a.go': 'package a\n' },
      { problem: expect.stringContaining('no `package main`') },
    ],
  ])('%s', (_what, files, expected, options) => {
    expect(summary(files, options)).toMatchObject(expected);
  });
});

describe('Python', () => {
  const BIND = '"${HOST:-0.0.0.0}:$PORT"';
  const ADDRESS = '--host "${HOST:-0.0.0.0}" --port "$PORT"';
  const flask = 'from flask import Flask\napp = Flask(__name__)\n';
  test.each<Case>([
    [
      'Flask with gunicorn',
      { 'requirements.txt': 'Flask>=3\ngunicorn\n', 'app.py': flask },
      {
        kind: 'python',
        steps: [VENV, PIP('-r requirements.txt')],
        start: `.venv/bin/gunicorn --bind ${BIND} app:app`,
      },
    ],
    [
      'Flask alone',
      { 'requirements.txt': 'flask\n', 'app.py': flask },
      { start: `.venv/bin/python -m flask --app app:app run ${ADDRESS}` },
    ],
    [
      'FastAPI',
      { 'requirements.txt': 'fastapi[standard]\n', 'app/main.py': 'api: FastAPI = FastAPI(title="x")\n' },
      { start: `.venv/bin/python -m uvicorn ${ADDRESS} app.main:api` },
    ],
    [
      'Django',
      { 'requirements.txt': 'Django\ngunicorn\n', 'manage.py': '', 'shop/wsgi.py': '' },
      { start: `.venv/bin/gunicorn --bind ${BIND} shop.wsgi` },
    ],
    [
      'Django alone',
      { 'requirements.txt': 'django==5\n', 'manage.py': '' },
      { start: `.venv/bin/python manage.py runserver --noreload ${BIND}` },
    ],
    [
      'main.py without packages',
      { 'main.py': 'print()\n' },
      { steps: [VENV], start: '.venv/bin/python main.py' },
    ],
    [
      'pyproject.toml',
      {
        'pyproject.toml':
          '[project]\nname = "x"\nrequires-python = ">=3.10"\ndependencies = ["flask"]\n[project.scripts]\nserve = "x:main"\n',
      },
      { version: '>=3.10', steps: [VENV, PIP('.')], start: '.venv/bin/serve' },
    ],
    [
      'pyproject.toml of tools only',
      { 'pyproject.toml': '[tool.ruff]\nline-length = 100\n', 'main.py': '' },
      { steps: [VENV] },
    ],
    [
      'uv',
      { 'pyproject.toml': '[project]\nname = "x"\n', 'uv.lock': '', 'main.py': '' },
      {
        steps: [
          VENV,
          'python3 -m venv .ocpctl/tools',
          '.ocpctl/tools/bin/python -m pip install --quiet uv',
          '.ocpctl/tools/bin/uv sync --frozen --no-dev --active',
        ],
      },
    ],
    [
      'poetry',
      { 'pyproject.toml': '[tool.poetry]\nname = "x"\n', 'poetry.lock': '', 'main.py': '' },
      { steps: expect.arrayContaining(['.ocpctl/tools/bin/poetry install --only main --no-interaction']) },
    ],
    [
      'pipenv',
      { Pipfile: '[packages]\nflask = "*"\n', 'Pipfile.lock': '{}', 'app.py': flask },
      {
        steps: expect.arrayContaining(['.ocpctl/tools/bin/pipenv install --deploy']),
        start: expect.stringContaining('flask'),
      },
    ],
    ['.python-version', { '.python-version': '3.11.4\n', 'main.py': '' }, { version: '3.11.4' }],
    ['runtime.txt', { 'runtime.txt': 'python-3.12.1\n', 'main.py': '' }, { version: '3.12.1' }],
    [
      'a broken pyproject.toml',
      { 'pyproject.toml': '[project' },
      { problem: 'pyproject.toml is not valid TOML' },
    ],
    [
      'packages without a start',
      { 'requirements.txt': 'requests\n' },
      { problem: 'it is not clear how it starts' },
    ],
  ])('%s', (_what, files, expected, options) => {
    expect(summary(files, options)).toMatchObject(expected);
  });
});

describe('static files', () => {
  test.each<Case>([
    ['index.html', { 'index.html': '' }, { kind: 'static', steps: [], start: 'node static-server.mjs site' }],
    ['public', { 'public/index.html': '' }, { kind: 'static', output: 'public' }],
    ['Staticfile', { Staticfile: 'root: www/\n', 'www/a.html': '' }, { kind: 'static', output: 'www' }],
    ['a Staticfile that leads out', { Staticfile: 'root: ../x\n' }, { kind: 'static' }],
  ])('%s', (_what, files, expected) => {
    const found = summary(files);
    expect(found).toMatchObject(expected);
    if (!('output' in expected)) expect(found).not.toHaveProperty('output');
  });
});

describe('a Procfile', () => {
  test('says what starts, and the language how it is built', () => {
    const files = {
      Procfile: '# x\nweb: gunicorn a:app -b 0.0.0.0:$PORT\nworker: celery -A a\nrelease: ./migrate\n',
      'requirements.txt': 'gunicorn\n',
    };
    const { plan } = planOf(files);
    expect(summary(files)).toMatchObject({
      kind: 'python',
      steps: [VENV, PIP('-r requirements.txt')],
      start: 'gunicorn a:app -b 0.0.0.0:$PORT',
    });
    expect(plan?.start).toEqual([
      '/bin/sh',
      '-c',
      'export PATH="$PWD/.venv/bin:$PATH"; exec gunicorn a:app -b 0.0.0.0:$PORT',
    ]);
    expect(plan?.processes).toMatchObject({
      worker: ['/bin/sh', '-c', 'export PATH="$PWD/.venv/bin:$PATH"; exec "$@"', 'sh', 'celery', '-A', 'a'],
    });
    expect(plan?.facts.slice(-3)).toEqual([
      { what: 'start with gunicorn a:app -b 0.0.0.0:$PORT', why: 'web in Procfile' },
      { what: 'not started: worker', why: 'Procfile; each is a service of its own' },
      { what: 'the release process is not run', why: 'Procfile' },
    ]);
  });
  test.each<Case>([
    [
      'alone',
      { Procfile: 'web: ./run --port $PORT\n', run: '' },
      { kind: 'procfile', steps: [], start: './run --port $PORT' },
    ],
    [
      'without web',
      { Procfile: 'worker: node w.js\n', 'package.json': {} },
      { kind: 'node', start: 'node w.js' },
    ],
    [
      'without a process',
      { Procfile: 'release: x\n' },
      { problem: expect.stringContaining('Procfile has no process') },
    ],
    [
      'beside index.html',
      { Procfile: 'web: ./serve\n', 'index.html': '' },
      { kind: 'procfile', start: './serve' },
    ],
  ])('%s', (_what, files, expected) => {
    expect(summary(files)).toMatchObject(expected);
  });
  test('is a worker without web', () => {
    expect(planOf({ Procfile: 'worker: ./w\n' }).plan?.serviceKind).toBe('worker');
  });
});

describe('a Containerfile', () => {
  const port = (text: string) => planOf({ Dockerfile: text }, { canRunImages: true }).plan?.port;
  test('has the port of the last stage, when there is one', () => {
    expect(port('FROM a AS b\nEXPOSE 1\nFROM c\nEXPOSE 3000/tcp\n')).toBe(3000);
    expect(port('FROM a\nEXPOSE 80 443\n')).toBeUndefined();
    expect(port('FROM a\nEXPOSE $PORT\n')).toBeUndefined();
  });
  test('is built where it is asked for, whatever the server can', () => {
    expect(
      summary({ Dockerfile: 'FROM a\n', 'index.html': '' }, { overrides: { kind: 'containerfile' } }),
    ).toMatchObject({ kind: 'containerfile' });
  });
});

describe('what the user says', () => {
  const node: Files = {
    'package.json': { ...EXPRESS, scripts: { build: 'b', start: 'node a.js' } },
    'package-lock.json': '',
    'index.html': '',
  };
  test.each<Case>([
    ['kind', node, { kind: 'static', steps: [] }, { overrides: { kind: 'static' } }],
    [
      'a kind that is not there',
      node,
      { problem: 'nothing of kind go was found in the source' },
      { overrides: { kind: 'go' } },
    ],
    [
      'build',
      node,
      { steps: [NPM_CI_DEV, 'npm run build:prod && ls'] },
      { overrides: { build: 'npm run build:prod && ls' } },
    ],
    ['no build', node, { steps: [NPM_CI_DEV] }, { overrides: { build: '' } }],
    ['start', node, { start: 'next start -p $PORT' }, { overrides: { start: 'next start -p $PORT' } }],
    [
      'start over a Procfile',
      { ...node, Procfile: 'web: x\n' },
      { start: 'node b.js' },
      { overrides: { start: 'node b.js' } },
    ],
    [
      'start of something unknown',
      { 'run.rb': '' },
      { kind: 'procfile', steps: [], start: 'ruby run.rb' },
      { overrides: { start: 'ruby run.rb' } },
    ],
    [
      'build and start of something unknown',
      { 'Cargo.toml': '' },
      { kind: 'procfile', steps: ['cargo build --release'], start: './target/release/x' },
      { overrides: { build: 'cargo build --release', start: './target/release/x' } },
    ],
  ])('%s', (_what, files, expected, options) => {
    expect(summary(files, options)).toMatchObject(expected);
  });
  test('a port', () => {
    expect(planOf(node, { overrides: { port: 3000 } }).plan?.port).toBe(3000);
  });
  test.each([
    ['../x', 'root "../x" is outside of the source'],
    ['/etc', 'root "/etc" is outside of the source'],
    ['servces/api', 'the source has no directory "servces/api"'],
  ])('a root %s is refused', (root, message) => {
    const { problem } = planOf({ 'services/api/package.json': {} }, { overrides: { root } });
    expect(problem?.message).toBe(message);
    if (root === 'servces/api') expect(problem?.hint).toBe('did you mean services/api?');
  });
  test('a root in other spellings', () => {
    expect(planOf({ 'a/b/index.html': '' }, { overrides: { root: './a/b/' } }).plan?.rootDirectory).toBe(
      'a/b',
    );
  });
});

describe('nothing is found', () => {
  test.each<[what: string, files: Files, hint: string | undefined]>([
    ['an empty source', { 'a.txt': '' }, undefined],
    [
      'a language that is not built',
      { Gemfile: '' },
      'Gemfile: Ruby is not built without your help; add a Containerfile, or say --build and --start',
    ],
    [
      'a monorepo',
      { 'README.md': '', 'services/api/package.json': {} },
      'services/api has package.json: pass --root services/api',
    ],
    ['a name that is nearly right', { 'packge.json': '' }, 'did you mean package.json by packge.json?'],
    [
      'an image that cannot be built here',
      { Dockerfile: '' },
      'Dockerfile needs podman and buildah on the server; see ocpctl app doctor',
    ],
  ])('%s', (_what, files, hint) => {
    const { problem } = planOf(files);
    expect(problem?.message).toBe('it is not clear what this source is');
    expect(problem?.lookedFor).toHaveLength(6);
    expect(problem?.hint).toBe(hint);
  });
});
