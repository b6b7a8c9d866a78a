import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import type { Cloud } from '../../../../src/control-plane/clusters/clouds/cloud.ts';
import { runTool } from '../../../../src/control-plane/clusters/jobs/tool-run.ts';
import { WorkerGuard } from '../../../../src/control-plane/kernel/process/worker-guard.ts';
import { tempDir } from '../installer/temp-dir.ts';

const TRACEPARENT = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

test('G15: R4: a program has credentials of the cloud, in its environment and its HOME, only for a use that it names; it is a part of the trace of its job', async () => {
  const base = await tempDir();
  const dirs = { base, install: base, tmp: base, home: join(base, 'home') };
  await mkdir(dirs.home);
  const session = join(dirs.home, 'aws-session.json');
  let closed = 0;
  const cloud = {
    async installerCredentials() {
      await writeFile(session, 'a session');
      return {
        credentials: { AWS_CONFIG_FILE: '/config' },
        extra: { AWS_ENDPOINT_URL: 'http://aws' },
        close: async () => void closed++,
      };
    },
  } as unknown as Cloud;
  const programs: string[] = [];
  const args = ['aws', 'delete', '--name=demo-x7k2p'];
  const script =
    'echo "${AWS_CONFIG_FILE-none} ${AWS_ENDPOINT_URL-none} $HTTPS_PROXY $(ls $HOME) $TRACEPARENT"';
  const run = async (use: Parameters<typeof runTool>[2]['use']) => {
    const { stdout } = await runTool(
      {
        guard: new WorkerGuard({
          guardPath: fileURLToPath(new URL('../../../../dist/guard.js', import.meta.url)),
          leaseMs: 20_000,
        }),
        killAfterMs: 200,
        searchPath: '/usr/bin:/bin',
        installerVariables: { HTTPS_PROXY: 'http://proxy' },
        redactor: { register: () => {}, redactLine: (line) => line },
      },
      {
        job: {
          id: 'job_1',
          resourceId: 'clu_1',
          resourceName: 'demo',
          team: 'a',
          type: 'cluster.create',
          attempt: 1,
          maxAttempts: 3,
          fence: 1,
          deferrals: 0,
          payload: {},
          requestedBy: 'local:ann',
        },
        signal: new AbortController().signal,
        event: () => {},
        flush: async () => {},
        leaseRemainingMs: () => 20_000,
        program: (name, work) => {
          programs.push(name);
          return work(TRACEPARENT);
        },
      },
      {
        name: 'ccoctl',
        tool: { file: '/bin/sh', prefixArgs: ['-c', script, 'sh'] },
        args,
        dirs,
        timeoutMs: 20_000,
        use,
      },
    );
    return stdout;
  };
  expect(await run(undefined)).toBe(`none none http://proxy  ${TRACEPARENT}`);
  expect(existsSync(session)).toBe(false);
  expect(await run({ cloud, command: 'create' })).toBe(
    `/config http://aws http://proxy aws-session.json ${TRACEPARENT}`,
  );
  expect(programs).toEqual(['ccoctl aws delete', 'ccoctl aws delete']);
  expect(closed).toBe(1);
});
