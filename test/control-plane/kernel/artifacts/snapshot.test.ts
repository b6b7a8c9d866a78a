import { randomBytes } from 'node:crypto';
import {
  appendFile,
  chmod,
  mkdir,
  open,
  readdir,
  symlink,
  truncate,
  unlink,
  writeFile,
} from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { directoryStore } from '../../../../src/control-plane/kernel/artifacts/directory-store.ts';
import { openStream, sealStream } from '../../../../src/control-plane/kernel/artifacts/sealed-stream.ts';
import { createSnapshot } from '../../../../src/control-plane/kernel/artifacts/snapshot.ts';
import { SNAPSHOT_LIMITS } from '../../../../src/control-plane/kernel/artifacts/snapshot-inventory.ts';
import { restoreSnapshot } from '../../../../src/control-plane/kernel/artifacts/snapshot-restore.ts';
import { pictureOf, readAll, sha256, temporaryFolder } from './kit.ts';

const LONG = `${'deep/'.repeat(8)}${'n'.repeat(200)}`;

/** A folder like the one that an installer leaves, with every mode and name that could go wrong. */
async function makeFolder(stateBytes = 100_000): Promise<string> {
  const folder = join(await temporaryFolder(), 'install');
  const write = async (path: string, content: string | Uint8Array, mode: number) => {
    const whole = join(folder, path);
    await mkdir(join(whole, '..'), { recursive: true });
    await writeFile(whole, content);
    await chmod(whole, mode);
  };
  await write('metadata.json', '{"infraID":"demo-x7k2p"}', 0o640);
  await write('.openshift_install_state.json', randomBytes(stateBytes), 0o640);
  await write('.openshift_install.log', 'level=info\n', 0o644);
  await write('auth/kubeconfig', 'kind: Config\n', 0o600);
  await write('auth/kubeadmin-password', 'aaaaa-bbbbb-ccccc-ddddd', 0o400);
  await write('empty', '', 0o777);
  await write('manifest.json', 'the name that our own manifest has', 0o600);
  await write('.clusterapi_output/ClusterRole-ns-system:aggregated ünï.yaml', 'x', 0o600);
  await write('.clusterapi_output/etcd/member.db', 'etcd', 0o600);
  await write('cluster-api/bin/etcd', 'binary', 0o755);
  await write(LONG, 'deep', 0o600);
  await mkdir(join(folder, 'empty-folder'), { mode: 0o750 });
  await mkdir(join(folder, 'a-b'));
  await write('a/c', '1', 0o600);
  await chmod(join(folder, 'auth'), 0o500);
  return folder;
}
const take = (folder: string, exclude: string[] = []) => readAll(createSnapshot(folder, { exclude }).stream);

describe('a snapshot', () => {
  it('L18: G4: restores byte for byte, modes included, through the sealed store', async () => {
    // Larger than what is read in one piece.
    const folder = await makeFolder(9 * 1024 * 1024);
    const store = directoryStore(join(folder, '..', 'store'));
    const key = randomBytes(32);
    const snapshot = createSnapshot(folder, { exclude: [] });
    const stored = await store.put('clu_x/1', snapshot.stream.pipe(sealStream(key, 'clu_x/1')));
    const target = join(folder, '..', 'restored');
    const sealed = await store.get('clu_x/1', { sha256: stored.sha256 });
    const manifest = await restoreSnapshot(sealed.pipe(openStream(key, 'clu_x/1')), target);
    expect(await pictureOf(target)).toEqual(await pictureOf(folder));
    expect(manifest).toEqual(snapshot.manifest());
    expect(manifest.files.find((file) => file.path === 'metadata.json')).toEqual({
      path: 'metadata.json',
      mode: 0o640,
      size: 24,
      sha256: sha256('{"infraID":"demo-x7k2p"}'),
    });
    expect(await readdir(join(folder, '..'))).toEqual(['install', 'restored', 'store']);
  });

  it('is the same bytes for the same contents and modes', async () => {
    const folder = await makeFolder();
    const first = await take(folder);
    const restored = join(folder, '..', 'restored');
    await restoreSnapshot(Readable.from([first]), restored);
    expect((await take(restored)).equals(first)).toBe(true);
    await chmod(join(restored, 'metadata.json'), 0o600);
    expect((await take(restored)).equals(first)).toBe(false);
  });

  it('leaves out what it is told to, and what it cannot hold', async () => {
    const folder = await makeFolder();
    await symlink('/etc/passwd', join(folder, 'link'));
    const snapshot = createSnapshot(folder, {
      exclude: ['cluster-api/', '.clusterapi_output/etcd/', 'empty'],
    });
    await readAll(snapshot.stream);
    const { directories, files, skipped } = snapshot.manifest();
    const paths = [...directories, ...files].map((entry) => entry.path);
    expect(paths.filter((path) => /^cluster-api|etcd/.test(path))).toEqual([]);
    expect(paths).toContain('empty-folder');
    expect(paths).not.toContain('empty');
    expect(skipped).toEqual(['link']);
  });

  it('holds a log that grows meanwhile, as long as it was', async () => {
    const folder = await makeFolder();
    const log = join(folder, '.openshift_install.log');
    const big = join(folder, 'big.log');
    await writeFile(big, Buffer.alloc(20 * 1024 * 1024));
    let growing = true;
    const grow = (async () => {
      while (growing) {
        await appendFile(log, 'level=info msg="more of it"\n'.repeat(100));
        await appendFile(big, 'more');
      }
    })();
    const archive = await take(folder);
    growing = false;
    await grow;
    const target = join(folder, '..', 'restored');
    await restoreSnapshot(Readable.from([archive]), target);
    const whole = await readAll((await open(log)).createReadStream());
    const kept = await readAll((await open(join(target, '.openshift_install.log'))).createReadStream());
    expect(whole.subarray(0, kept.length).equals(kept)).toBe(true);
  });

  it('holds what is there when files come and go meanwhile', async () => {
    const folder = await makeFolder();
    let churning = true;
    const churn = (async () => {
      while (churning) {
        await writeFile(join(folder, 'auth-new'), randomBytes(100_000));
        await truncate(join(folder, 'auth-new'), 0);
        await unlink(join(folder, 'auth-new'));
      }
    })();
    for (let i = 0; i < 5; i++) {
      const target = join(folder, '..', `restored-${i}`);
      await restoreSnapshot(Readable.from([await take(folder)]), target);
    }
    churning = false;
    await churn;
  });

  it('is refused at once when it could not be restored', async () => {
    const folder = await makeFolder();
    await writeFile(join(folder, 'back\\slash'), 'x');
    await expect(take(folder)).rejects.toMatchObject({ problem: 'NAME' });
    await unlink(join(folder, 'back\\slash'));
    const limits = { ...SNAPSHOT_LIMITS, maxEntries: 3 };
    const limited = createSnapshot(folder, { exclude: [], limits });
    await expect(readAll(limited.stream)).rejects.toMatchObject({ problem: 'LIMIT' });
    const missing = createSnapshot(join(folder, 'nowhere'), { exclude: [] });
    await expect(readAll(missing.stream)).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('does not restore over anything', async () => {
    const folder = await makeFolder();
    const archive = await take(folder);
    await expect(restoreSnapshot(Readable.from([archive]), folder)).rejects.toMatchObject({
      problem: 'TARGET',
    });
  });
});
