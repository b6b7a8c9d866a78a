import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openPglite } from '../../../../src/control-plane/kernel/db/pglite.ts';
import { SetupError } from '../../../../src/control-plane/kernel/errors.ts';
import { bundleScript, type ChildScript, type ScriptProcess } from '../../../setup/child-script.ts';
import { migratedDump } from '../../../setup/engines.ts';

const KILLS = 20;

let script: ChildScript;
let dataDir: string;
let running: ScriptProcess | undefined;

beforeAll(async () => {
  script = await bundleScript(new URL('durability-writer.ts', import.meta.url));
  dataDir = mkdtempSync(join(tmpdir(), 'ocpctl-crash-'));
  await (await openPglite({ dataDir, loadDump: await migratedDump() })).close();
});
afterAll(() => {
  running?.kill('SIGKILL');
  script.remove();
  rmSync(dataDir, { recursive: true, force: true });
});

/** Starts a writer, kills it after a number of acknowledgements. @returns what it found at its start and what it acknowledged. */
async function writeAndKill(acknowledgements: number, whileAlive?: (pid: number) => Promise<void>) {
  const child = script.start(dataDir);
  running = child;
  const exited = once(child, 'exit');
  const acknowledged: number[] = [];
  let found: number[] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    if (line.startsWith('{')) found = (JSON.parse(line) as { ids: number[] }).ids;
    else acknowledged.push(Number(line));
    if (acknowledged.length === 1) await whileAlive?.(child.pid ?? 0);
    // What it says after the signal was acknowledged before it: those lines are read to the end and count.
    if (acknowledged.length === acknowledgements) child.kill('SIGKILL');
  }
  await exited;
  return { found, acknowledged };
}

test('G11: a server killed 20 times under writes loses no acknowledged row; a second one is refused and harms nothing', async () => {
  const acknowledged = new Set<number>();
  for (let kill = 0; kill < KILLS; kill++) {
    const expectSecondRefused = async (pid: number) => {
      const second = openPglite({ dataDir });
      await expect(second).rejects.toThrow(SetupError);
      await expect(second).rejects.toThrow(`in use by process ${pid}`);
    };
    // Between one and some dozens, so that kills fall on all sides of commits, vacuums and checkpoints.
    const result = await writeAndKill(1 + ((kill * 37) % 60), kill === 0 ? expectSecondRefused : undefined);
    const found = new Set(result.found);
    expect([...acknowledged].filter((id) => !found.has(id))).toEqual([]);
    for (const id of result.acknowledged) acknowledged.add(id);
  }
  const last = await writeAndKill(1);
  const found = new Set(last.found);
  expect([...acknowledged].filter((id) => !found.has(id))).toEqual([]);
  expect(acknowledged.size).toBeGreaterThan(KILLS);
}, 300_000);
