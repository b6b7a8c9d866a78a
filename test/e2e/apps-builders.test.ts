import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { BuildOutput, BuildPlan } from '../../src/control-plane/apps/builder/builder.ts';
import { planBuild } from '../../src/control-plane/apps/builder/plan/plan-build.ts';
import type { PlanOverrides } from '../../src/control-plane/apps/builder/plan/plan-result.ts';
import { buildRequest, openBuilderKit, ROOT, SEARCH_PATH } from './builder-kit.ts';
import { eventually } from './eventually.ts';
import { sourceFilesOf } from './source-files-of.ts';

/** An ordinary user, as instances are where the server is root. */
const INSTANCE = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {};

describe('sources are planned, built, started, answer and end on SIGTERM', () => {
  let kit: ReturnType<typeof openBuilderKit>;
  beforeAll(() => {
    kit = openBuilderKit();
  });
  afterAll(() => kit.remove());

  const planAndBuild = async (directory: string, overrides: PlanOverrides = {}) => {
    const { plan, problem } = planBuild(sourceFilesOf(directory), { overrides, canRunImages: false });
    if (plan === undefined) throw new Error(problem.message);
    const request = buildRequest({ inputHash: directory, directory, plan });
    const output = await kit
      .open()
      .build(request)
      .catch((error: unknown) => {
        throw new Error(request.lines.join('\n'), { cause: error });
      });
    return { plan, output, lines: request.lines };
  };

  const EXAMPLES = readdirSync(join(ROOT, 'examples')).filter((name) => name.startsWith('hello-'));
  test('there are four examples', () => {
    expect(EXAMPLES).toEqual(['hello-go', 'hello-node', 'hello-python', 'hello-static']);
  });

  test.each(EXAMPLES)('examples/%s', async (name) => {
    const { plan, output } = await planAndBuild(kit.copySource(join(ROOT, 'examples', name)));
    await whileRunning(plan, output, async (url) => {
      expect(await (await fetch(url)).text()).toContain('Hello from');
      const health = await fetch(`${url}/healthz`);
      expect(health.status).toBe(plan.kind === 'static' ? 404 : 200);
    });
  });

  const PACKAGE = {
    'server.js': `require('node:http').createServer((q, r) => r.end(require('nanoid/package.json').version + process.env.npm_package_name)).listen(process.env.PORT, '127.0.0.1');\nprocess.on('SIGTERM', () => process.exit(0));\n`,
    'package.json': JSON.stringify({
      name: 'x',
      dependencies: { nanoid: '3.3.11' },
      scripts: { build: 'node -e 1', start: 'node server.js' },
    }),
  };
  test('a source of npm without a lockfile', async () => {
    const { plan, output, lines } = await planAndBuild(kit.writeSource(PACKAGE));
    expect(lines).toContain('$ npm run build');
    await whileRunning(plan, output, async (url) =>
      expect(await (await fetch(url)).text()).toContain('3.3.11'),
    );
  });

  test('a source of pnpm, which the host does not have', async () => {
    const lockfile = `lockfileVersion: '9.0'
importers:
  .:
    dependencies:
      nanoid:
        specifier: 3.3.11
        version: 3.3.11
packages:
  nanoid@3.3.11:
    resolution: {integrity: sha512-N8SpfPUnUp1bK+PMYW8qSWdl9U+wwNWI4QKxOYDy9JAro3WMX7p2OeVRF9v+347pnakNevPmiHhNmZ2HbFA76w==}
    engines: {node: ^10 || ^12 || ^13.7 || ^14 || >=15.0.1}
    hasBin: true
snapshots:
  nanoid@3.3.11: {}
`;
    const { plan, output } = await planAndBuild(kit.writeSource({ ...PACKAGE, 'pnpm-lock.yaml': lockfile }));
    await whileRunning(plan, output, async (url) =>
      expect(await (await fetch(url)).text()).toContain('3.3.11'),
    );
  });

  test('a single page of Vite, whose routes are answered with index.html', async () => {
    const { plan, output } = await planAndBuild(
      kit.writeSource({
        'package.json': JSON.stringify({
          scripts: { build: 'vite build', preview: 'vite preview' },
          devDependencies: { vite: '7.1.12' },
        }),
        'index.html': '<div id="app"></div><script type="module" src="/main.js"></script>',
        'main.js': 'document.querySelector("#app").textContent = location.pathname;\n',
      }),
    );
    expect(plan).toMatchObject({ kind: 'static', outputDirectory: 'dist' });
    await whileRunning(plan, output, async (url) => {
      expect(await (await fetch(`${url}/some/route`)).text()).toContain('<div id="app">');
      expect((await fetch(`${url}/missing.js`)).status).toBe(404);
    });
  });

  async function whileRunning(
    plan: BuildPlan,
    output: BuildOutput,
    use: (url: string) => Promise<void>,
  ): Promise<void> {
    if (output.artifact.kind !== 'directory') throw new TypeError('the host builder makes directories');
    const port = await freePort();
    const [program = '', ...args] = plan.start;
    const child = spawn(program, args, {
      cwd: output.artifact.path,
      env: { PATH: SEARCH_PATH, HOME: '/nonexistent', PORT: String(port), HOST: '127.0.0.1' },
      stdio: 'inherit',
      ...INSTANCE,
    });
    const url = `http://127.0.0.1:${port}`;
    try {
      await eventually('it answers', async () => {
        if (child.exitCode !== null) throw new Error(`it ended with ${child.exitCode}`);
        return fetch(url).then(
          (answer) => answer.text().then(() => true),
          () => false,
        );
      });
      await use(url);
    } catch (error) {
      child.kill('SIGKILL');
      throw error;
    }
    expect(await endOf(child)).toEqual([0, null]);
  }
});

async function endOf(child: ChildProcess): Promise<unknown[]> {
  const exited = once(child, 'exit');
  child.kill('SIGTERM');
  return exited;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  if (address === null || typeof address === 'string') throw new TypeError('a TCP server has a port');
  return address.port;
}
