import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { startSignedServer } from './signed-server.ts';

const SOURCE = join(import.meta.dirname, '../../src/client');

test('a call loads nothing of fetch', async () => {
  const server = await startSignedServer();
  // The global getters of fetch load its implementation; a process that called one has it among its loaded modules.
  const script = `
    import { createApiClient } from '${SOURCE}/api-client.ts';
    const client = createApiClient({
      server: '${server.url}',
      credentials: { accessKeyId: 'OCPALICE0001', secretAccessKey: 'alice-secret' },
      region: 'local', timeoutMs: 10000, userAgent: 'test',
    });
    await client.GET('/v1/whoami');
    process.stdout.write(JSON.stringify(process.moduleLoadList.filter((name) => name.includes('undici'))));
  `;
  try {
    const { build } = await import('esbuild');
    const bundle = await build({
      stdin: { contents: script, resolveDir: SOURCE, loader: 'ts' },
      bundle: true,
      write: false,
      platform: 'node',
      format: 'esm',
      mainFields: ['module', 'main'],
      conditions: ['module'],
    });
    const code = bundle.outputFiles[0]?.text ?? '';
    const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', code]);
    expect(server.received).toHaveLength(1);
    expect(JSON.parse(stdout)).toEqual([]);
  } finally {
    await server.stop();
  }
});
