import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, test } from 'vitest';
import type { BuildRequest } from '../../src/control-plane/apps/builder/builder.ts';
import { buildVariablesFrom } from '../../src/control-plane/apps/builder/host/build-environment.ts';
import { HostBuilder } from '../../src/control-plane/apps/builder/host/host-builder.ts';
import { planBuild } from '../../src/control-plane/apps/builder/plan/plan-build.ts';
import { systemClock } from '../../src/control-plane/kernel/clock.ts';
import { WorkerGuard } from '../../src/control-plane/kernel/process/worker-guard.ts';
import { eventually } from './eventually.ts';
import { sourceFilesOf } from './source-files-of.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const dist = (name: string) => join(ROOT, 'dist', name);
const EXAMPLES = ['hello-node'] as const;

const directory = mkdtempSync(join(tmpdir(), 'ocpctl-builds-'));
const guard = new WorkerGuard({ guardPath: dist('guard.js'), leaseMs: 30_000, idleMs: 0 });
const PATH = '/usr/local/go/bin:/usr/local/bin:/usr/bin:/bin';
const builder = new HostBuilder({
  directory: join(directory, 'builds'),
  guard,
  path: PATH,
  variables: buildVariablesFrom(process.env),
  staticServerFile: dist('static-server.mjs'),
  maxOutputBytes: 1024 ** 3,
  clock: systemClock,
});

afterAll(() => rmSync(directory, { recursive: true, force: true }));

describe('the examples', () => {
  test.each(EXAMPLES)('%s is planned, built, started, answers and stops on SIGTERM', async (name) => {
    const source = join(directory, name);
    cpSync(join(ROOT, 'examples', name), source, { recursive: true });
    const { plan, problem } = planBuild(sourceFilesOf(source), { overrides: {}, canRunImages: false });
    expect(problem).toBeUndefined();
    if (plan === undefined) return;
    const lines: string[] = [];
    const request: BuildRequest = {
      inputHash: name,
      serviceId: `svc_${name.replace('-', '')}`,
      team: 'team-a',
      directory: source,
      plan,
      variables: {},
      timeoutMs: 200_000,
      signal: new AbortController().signal,
      onLine: (line) => void lines.push(line),
    };
    const output = await builder.build(request).catch((error: unknown) => {
      throw new Error(lines.join('\n'), { cause: error });
    });
    expect(await builder.build(request)).toEqual(output);
    expect(await builder.find(output.digest)).toEqual(output);
    const port = await freePort();
    if (output.artifact.kind !== 'directory') throw new TypeError('the host builder makes directories');
    const [program = '', ...args] = plan.start;
    const child = spawn(program, args, {
      cwd: output.artifact.path,
      env: { PATH, HOME: directory, PORT: String(port), HOST: '127.0.0.1' },
      stdio: 'inherit',
    });
    try {
      const text = await eventually('it answers', async () => {
        const answer = await fetch(`http://127.0.0.1:${port}/`).catch(() => undefined);
        return answer?.ok === true ? await answer.text() : undefined;
      });
      expect(text).toContain('Hello from');
    } finally {
      child.kill('SIGTERM');
    }
    expect(await once(child, 'exit')).toEqual([0, null]);
  });
});

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  if (address === null || typeof address === 'string') throw new TypeError('a TCP server has a port');
  return address.port;
}
