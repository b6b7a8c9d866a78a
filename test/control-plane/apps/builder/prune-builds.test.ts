import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { pruneBuilds } from '../../../../src/control-plane/apps/builder/prune-builds.ts';
import { BuildStore } from '../../../../src/control-plane/apps/builder/store/build-store.ts';

const NOW = new Date('2026-11-29T12:00:00Z');
const HOUR = 3_600_000;

describe('outputs of builds', () => {
  let directory: string;
  let store: BuildStore;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'ocpctl-prune-'));
    store = new BuildStore(directory);
  });
  afterEach(() => rmSync(directory, { recursive: true, force: true }));

  const add = async (input: string, digest: string, hoursAgo: number) => {
    const folder = await store.newFolder('svc_1');
    mkdirSync(join(folder.path, 'source'));
    writeFileSync(join(folder.path, 'source/x'), digest);
    const builtAt = new Date(NOW.getTime() - hoursAgo * HOUR);
    return store.add(input, folder, { digest, sizeBytes: 100, path: 'source', builtAt });
  };
  const digests = async () => (await store.list()).map(({ digest }) => digest).sort();
  const prune = (keep: readonly string[], quotaBytes = 0) =>
    pruneBuilds(store, { keep: new Set(keep), quotaBytes, minAgeMs: HOUR, now: NOW });

  test('P22: oldest first, until the rest fits; what a release needs stays, whatever its age', async () => {
    for (const [index, digest] of ['a', 'b', 'c', 'd'].entries()) await add(digest, digest, 40 - index);
    expect(await prune(['a'], 200)).toEqual([
      { digest: 'b', sizeBytes: 100 },
      { digest: 'c', sizeBytes: 100 },
    ]);
    expect(await digests()).toEqual(['a', 'd']);
    expect(await prune(['a', 'd'])).toEqual([]);
    expect(readdirSync(join(directory, 'outputs'))).toHaveLength(2);
  });

  test('P22: two inputs with one output: it stays while one of them is needed, and is one folder', async () => {
    const [one, two] = [await add('input-1', 'same', 40), await add('input-2', 'same', 30)];
    expect(two.artifact).toEqual(one.artifact);
    expect(await prune(['same'])).toEqual([]);
    expect(await store.forInput('input-1')).toBeDefined();
    expect(await prune([])).toEqual([{ digest: 'same', sizeBytes: 100 }]);
    expect([await store.forInput('input-1'), await store.find('same')]).toEqual([undefined, undefined]);
    expect(readdirSync(join(directory, 'outputs'))).toEqual([]);
  });

  test('an output whose release is being made stays', async () => {
    await add('old', 'same', 40);
    await add('new', 'same', 0);
    await add('newer', 'other', 0.5);
    expect(await prune([])).toEqual([]);
  });

  test('an output whose folder was deleted is not found, and built again', async () => {
    const { artifact } = await add('input', 'a', 2);
    rmSync(artifact.path, { recursive: true });
    expect([await store.find('a'), await store.forInput('input'), await digests()]).toEqual([
      undefined,
      undefined,
      [],
    ]);
    expect(await add('input', 'a', 1)).toMatchObject({ digest: 'a' });
    expect(await digests()).toEqual(['a']);
  });

  test('of two builds of one input, the first is the output for it', async () => {
    const first = await add('input', 'a', 2);
    expect(await add('input', 'b', 1)).toEqual(first);
    expect(await digests()).toEqual(['a']);
    expect(readdirSync(join(directory, 'outputs'))).toHaveLength(1);
  });

  test('G4b: what builds left that were killed is removed, by their service or when it is old', async () => {
    await add('input', 'a', 2);
    const [one, two] = [await store.newFolder('svc_1'), await store.newFolder('svc_2')];
    expect(await store.discardUnrecorded('svc_1')).toEqual([one.name]);
    expect(await store.discardAbandoned(new Date(0))).toEqual([]);
    expect(await store.discardAbandoned(new Date(Date.now() + HOUR))).toEqual([two.name]);
    expect(readdirSync(join(directory, 'outputs'))).toHaveLength(1);
  });

  test('other users can enter what they know the name of, and list nothing', async () => {
    const { artifact } = await add('input', 'a', 2);
    const modes = [
      directory,
      join(directory, 'outputs'),
      join(artifact.path, '..'),
      join(directory, 'records'),
    ];
    expect(modes.map((path) => statSync(path).mode & 0o777)).toEqual([0o711, 0o711, 0o711, 0o700]);
  });
});
