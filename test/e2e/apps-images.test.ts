import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { BuildahBuilder } from '../../src/control-plane/apps/builder/buildah/buildah-builder.ts';
import type { BuildPlan, BuildRequest } from '../../src/control-plane/apps/builder/builder.ts';
import { planBuild } from '../../src/control-plane/apps/builder/plan/plan-build.ts';
import { storageArguments } from '../../src/control-plane/apps/runtime/podman/podman-storage.ts';
import { WorkerGuard } from '../../src/control-plane/kernel/process/worker-guard.ts';
import { until } from '../control-plane/kernel/process/guard-kit.ts';
import { buildRequest, openBuilderKit, ROOT, SEARCH_PATH } from './builder-kit.ts';
import { sourceFilesOf } from './source-files-of.ts';

const BUSYBOX = '/usr/bin/busybox';
const has = (program: string) => spawnSync(program, ['--version']).status === 0;
const missing = [
  ...(process.getuid?.() === 0 ? [] : ['the rights of root']),
  ...['buildah', 'unshare'].filter((program) => !has(program)),
  ...(existsSync(BUSYBOX) ? [] : ['busybox-static']),
];
if (missing.length > 0)
  process.stderr.write(`SKIPPED images: ${missing.join(', ')} missing; NO image was built\n`);

describe.skipIf(missing.length > 0)('the builder of images', () => {
  let kit: ReturnType<typeof openBuilderKit>;
  let builder: BuildahBuilder;
  let storage: { directory: string; runDirectory: string };
  beforeAll(() => {
    kit = openBuilderKit();
    storage = { directory: join(kit.folder, 'podman'), runDirectory: join(kit.folder, 'run') };
    builder = new BuildahBuilder({
      directory: join(kit.folder, 'work'),
      storage,
      guard: new WorkerGuard({ guardPath: join(ROOT, 'dist/guard.js'), leaseMs: 30_000, idleMs: 0 }),
      path: SEARCH_PATH,
      variables: {},
      baseImages: { run: 'localhost/base', node: 'localhost/base' },
      staticServerFile: join(ROOT, 'dist/static-server.mjs'),
    });
    const base = kit.writeSource({
      Containerfile:
        'FROM scratch\nCOPY busybox /bin/busybox\nRUN ["/bin/busybox", "--install", "-s", "/bin"]\nRUN mkdir -m 1777 /tmp\n',
    });
    cpSync(BUSYBOX, join(base, 'busybox'));
    buildah('build', '--isolation', 'chroot', '--quiet', '--tag', 'localhost/base', base);
  });
  afterAll(() => {
    spawnSync('umount', [join(storage.directory, 'storage/overlay')]);
    kit?.remove();
  });

  const buildah = (...args: string[]) =>
    execFileSync('buildah', [...storageArguments(storage), ...args], { encoding: 'utf8' });
  /** What the image has, as a folder of the host. */
  const inImage = <T>(reference: string, look: (folder: string) => T): T => {
    const container = buildah('from', '--pull-never', reference).trim();
    try {
      return look(buildah('mount', container).trim());
    } finally {
      buildah('rm', container);
    }
  };
  const configOf = (reference: string) =>
    JSON.parse(buildah('inspect', '--type', 'image', reference)) as {
      OCIv1: { config: object; history: object[] };
    };

  let inputs = 0;
  const request = (files: Record<string, string>, rest: Partial<BuildRequest> = {}) => {
    const directory = kit.writeSource(files);
    const found = planBuild(sourceFilesOf(directory), { overrides: {}, canRunImages: true });
    const plan = rest.plan ?? found.plan;
    if (plan === undefined) throw new Error(found.problem?.message);
    return buildRequest({ inputHash: `image-${inputs++}`, directory, plan, ...rest });
  };
  const referenceOf = async (asked: ReturnType<typeof request>) => {
    const { artifact } = await builder.build(asked).catch((error: unknown) => {
      throw new Error(asked.lines.join('\n'), { cause: error });
    });
    if (artifact.kind !== 'image') throw new TypeError('buildah makes images');
    return artifact.reference;
  };

  test('is usable here', async () => {
    expect(await builder.probe()).toMatchObject({ isUsable: true });
  });

  test('a Containerfile of the user', async () => {
    const asked = request({
      Dockerfile: 'FROM localhost/base\nCOPY a.txt /a.txt\nRUN cat /a.txt > /b.txt\nEXPOSE 3000\n',
      'a.txt': 'one\n',
    });
    expect(asked.plan).toMatchObject({ kind: 'containerfile', port: 3000 });
    const reference = await referenceOf(asked);
    inImage(reference, (folder) => expect(readFileSync(join(folder, 'b.txt'), 'utf8')).toBe('one\n'));
    expect(asked.lines.some((line) => line.includes('RUN cat /a.txt'))).toBe(true);
    expect(readdirSync(join(kit.folder, 'work'))).toEqual([]);
  });

  test('the same input is not built twice; layers are kept; an output is found, listed and removed', async () => {
    const files = {
      Containerfile: 'FROM localhost/base\nRUN head -c 8 /dev/urandom > /random\nCOPY a.txt /\n',
      'a.txt': 'one',
    };
    const asked = request(files);
    const first = await builder.build(asked);
    expect(await builder.build(asked)).toEqual(first);
    const random = (reference: string) =>
      inImage(reference, (folder) => readFileSync(join(folder, 'random'), 'hex'));
    const other = await referenceOf(request({ ...files, 'a.txt': 'two' }));
    if (first.artifact.kind !== 'image') throw new TypeError('buildah makes images');
    expect(random(other)).toBe(random(first.artifact.reference));
    expect(await builder.find(first.digest)).toEqual(first);
    expect((await builder.list()).map(({ digest }) => digest)).toContain(first.digest);
    await builder.remove(first.digest);
    expect(await builder.find(first.digest)).toBeUndefined();
    await builder.remove(first.digest);
    expect(random(other)).toHaveLength(16);
  });

  const plan = (rest: Partial<BuildPlan>): BuildPlan => ({
    kind: 'procfile',
    rootDirectory: '.',
    steps: [],
    start: ['./run', 'a b', '"; rm -rf /'],
    outputDirectory: '.',
    serviceKind: 'web',
    facts: [],
    ...rest,
  });

  test('P10: a plan, whose steps have the variables of the build, which are neither in the image, its history, the log nor a command line', async () => {
    const secret = "canary-4d1c' $(x)";
    const steps = [
      {
        name: 'build',
        argv: [
          '/bin/sh',
          '-c',
          'test "$TOKEN" = "$(cat expected)" && id -u > uid; cat /proc/[0-9]*/cmdline | grep -c "canary-4d1[c]" > seen; true',
        ],
      },
    ];
    const asked = request(
      { Procfile: 'web: x\n', expected: secret },
      { plan: plan({ steps }), variables: { TOKEN: secret, 'not a name': 'x' } },
    );
    const reference = await referenceOf(asked);
    inImage(reference, (folder) => {
      expect(readFileSync(join(folder, 'app/uid'), 'utf8')).toBe('10001\n');
      expect(readFileSync(join(folder, 'app/seen'), 'utf8')).toBe('0\n');
      expect(existsSync(join(folder, 'run/secrets/ocpctl-variables'))).toBe(false);
    });
    const { OCIv1 } = configOf(reference);
    expect(OCIv1.config).toMatchObject({
      Cmd: ['./run', 'a b', '"; rm -rf /'],
      User: '10001:10001',
      WorkingDir: '/app',
    });
    expect(JSON.stringify(OCIv1)).not.toContain('canary-4d1c');
    expect(asked.lines.join('\n')).not.toContain('canary-4d1c');
  });

  test('variables are secrets of their names for Containerfiles of users', async () => {
    const asked = request(
      {
        Containerfile:
          'FROM localhost/base\nRUN --mount=type=secret,id=TOKEN wc -c < /run/secrets/TOKEN > /length\n',
      },
      { variables: { TOKEN: '12345' } },
    );
    inImage(await referenceOf(asked), (folder) =>
      expect(readFileSync(join(folder, 'length'), 'utf8')).toBe('5\n'),
    );
  });

  test('static files with their server, and a part of a monorepo', async () => {
    const asked = request(
      { 'web/site/index.html': 'home' },
      {
        plan: plan({
          kind: 'static',
          rootDirectory: 'web',
          outputDirectory: 'site',
          start: ['node', 'static-server.mjs', 'site'],
        }),
      },
    );
    const reference = await referenceOf(asked);
    inImage(reference, (folder) => {
      expect(readdirSync(join(folder, 'app')).sort()).toEqual(['site', 'static-server.mjs']);
      expect(readFileSync(join(folder, 'app/site/index.html'), 'utf8')).toBe('home');
    });
  });

  test.each<[what: string, text: string, expected: object]>([
    [
      'a step that fails',
      'FROM localhost/base\nRUN echo broken; exit 3\n',
      { kind: 'failed', step: 'build' },
    ],
    ['a base that cannot be reached', 'FROM 127.0.0.1:1/none\n', { kind: 'infrastructure' }],
    ['a file that is not one', 'FRM x\n', { kind: 'failed' }],
  ])('%s', async (_what, text, expected) => {
    const asked = request({ Containerfile: text });
    await expect(builder.build(asked)).rejects.toMatchObject({ name: 'BuildError', ...expected });
    expect(readdirSync(join(kit.folder, 'work'))).toEqual([]);
  });

  test('a language without a base image is named', async () => {
    const asked = request({ 'main.py': '' });
    await expect(builder.build(asked)).rejects.toMatchObject({
      kind: 'unavailable',
      message: 'no base image for python is set on this server',
    });
  });

  test.skipIf(!has('runc'))('P23: a step signals and sees no process of the host', async () => {
    const script = 'kill -9 -1; ls -d /proc/[0-9]* | wc -l > /count';
    const reference = await referenceOf(request({ Containerfile: `FROM localhost/base\nRUN ${script}\n` }));
    const seen = inImage(reference, (folder) => Number(readFileSync(join(folder, 'count'), 'utf8')));
    expect(seen).toBeGreaterThan(0);
    expect(seen).toBeLessThan(6);
  });

  test('a cancelled build leaves no process', async () => {
    const cancel = new AbortController();
    const asked = request(
      { Containerfile: 'FROM localhost/base\nRUN echo begun; sleep 998877\n' },
      { signal: cancel.signal },
    );
    const built = builder.build(asked).catch((error: unknown) => error);
    await until('it runs', () => asked.lines.some((line) => line.trim() === 'begun'));
    const reason = new Error('cancelled');
    cancel.abort(reason);
    expect(await built).toBe(reason);
    expect(spawnSync('pgrep', ['-f', 'sleep 99887[7]']).stdout.toString()).toBe('');
    mkdirSync(join(kit.folder, 'work'), { recursive: true });
    expect(readdirSync(join(kit.folder, 'work'))).toEqual([]);
  });
});
