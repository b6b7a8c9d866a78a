import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { runChild, startServer } from '../../src/cli/demo/child-command.ts';
import { temporaryFolder } from '../commands/support/run-cli.ts';

/** A package whose command line is this script. */
function packageWith(script: string): string {
  const root = temporaryFolder();
  mkdirSync(join(root, 'bin'));
  writeFileSync(join(root, 'package.json'), '{"type":"module"}');
  writeFileSync(join(root, 'bin', 'run.js'), script);
  return root;
}

const setupOf = (root: string, signal = new AbortController().signal) => ({ root, env: process.env, signal });

describe('runChild', () => {
  it('captures stdout', async () => {
    const root = packageWith('process.stdout.write(process.argv.slice(2).join(","))');
    expect(await runChild(setupOf(root), ['a', 'b'], { capture: true })).toBe('a,b');
  });

  it.each([
    [3, 3],
    [10, 10],
    [99, 1],
  ])('a child that ends with %i is an error with exit code %i', async (code, exitCode) => {
    const root = packageWith(`process.exit(${code})`);
    await expect(runChild(setupOf(root), ['x', 'y'], { capture: true })).rejects.toMatchObject({
      message: `'ocpctl x y' failed with exit code ${code}`,
      exitCode,
    });
  });

  it('hands an interrupt on and throws its reason', async () => {
    const root = packageWith('setInterval(() => {}, 1000)');
    const controller = new AbortController();
    const run = runChild(setupOf(root, controller.signal), [], { capture: true });
    controller.abort(new Error('enough'));
    await expect(run).rejects.toThrow('enough');
  });

  it('does not start one when it is interrupted already', async () => {
    const root = packageWith('process.stdout.write("ran")');
    await expect(
      runChild(setupOf(root, AbortSignal.abort(new Error('enough'))), [], { capture: true }),
    ).rejects.toThrow('enough');
  });
});

describe('startServer', () => {
  it('waits for the URL, and ends it with SIGTERM', async () => {
    const root = packageWith(
      'process.send({ type: "ready", url: "http://x:1" }); process.on("SIGTERM", () => process.exit(0)); setInterval(() => {}, 1000)',
    );
    const server = await startServer(setupOf(root), [], join(root, 'log'));
    expect(server.url).toBe('http://x:1');
    await server.stop();
    await server.stop();
  });

  it('shows the end of its log when it does not come up', async () => {
    const root = packageWith('console.error("the port is taken"); process.exit(1)');
    await expect(startServer(setupOf(root), [], join(root, 'log'))).rejects.toMatchObject({
      code: 'SERVER_FAILED',
      message: expect.stringContaining('the port is taken'),
    });
  });

  it('is not left behind when it is interrupted before it is ready', async () => {
    const root = packageWith('setInterval(() => {}, 1000)');
    const controller = new AbortController();
    const start = startServer(setupOf(root, controller.signal), [], join(root, 'log'));
    controller.abort(new Error('enough'));
    await expect(start).rejects.toThrow('enough');
  });
});
