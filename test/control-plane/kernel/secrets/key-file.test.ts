import { chmod, readdir, readFile, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { SetupError } from '../../../../src/control-plane/kernel/errors.ts';
import { newId } from '../../../../src/control-plane/kernel/ids.ts';
import { addKey, openKeyRing } from '../../../../src/control-plane/kernel/secrets/key-file.ts';
import { keyFolder } from './kit.ts';

const newKeyId = () => newId('kek');
const FILE = 'secrets.key.json';

describe('the key file', () => {
  it('is made at the first start, for its owner only, and read at the next', async () => {
    const folder = await keyFolder();
    const first = (await openKeyRing(folder, newKeyId)).current();
    expect(first.bytes).toHaveLength(32);
    expect((await stat(folder)).mode & 0o777).toBe(0o700);
    expect((await stat(join(folder, FILE))).mode & 0o777).toBe(0o600);
    expect((await openKeyRing(folder, newKeyId)).current()).toEqual(first);
    expect(await readdir(folder)).toEqual([FILE]);
  });

  it('is the same for servers that start at once', async () => {
    const folder = await keyFolder();
    const rings = await Promise.all(Array.from({ length: 10 }, () => openKeyRing(folder, newKeyId)));
    expect(new Set(rings.map((ring) => ring.current().id)).size).toBe(1);
    expect(await readdir(folder)).toEqual([FILE]);
  });

  it('G4b: drafts of a killed process, which contain keys, are removed; younger ones are another server’s', async () => {
    const folder = await keyFolder();
    await openKeyRing(folder, newKeyId);
    for (const draft of ['0123456789ab', 'ba9876543210'])
      await writeFile(join(folder, `${FILE}.${draft}`), '{}');
    await utimes(join(folder, `${FILE}.0123456789ab`), new Date(0), new Date(0));
    await openKeyRing(folder, newKeyId);
    expect((await readdir(folder)).sort()).toEqual([FILE, `${FILE}.ba9876543210`]);
  });

  it.each([0o640, 0o604, 0o620, 0o644])('S38: G15: with mode %o stops the start', async (mode) => {
    const folder = await keyFolder();
    await openKeyRing(folder, newKeyId);
    await chmod(join(folder, FILE), mode);
    await expect(openKeyRing(folder, newKeyId)).rejects.toThrow(SetupError);
    await expect(openKeyRing(folder, newKeyId)).rejects.toMatchObject({
      hint: `chmod 600 ${join(folder, FILE)}`,
    });
  });

  it('S38: G15: in a folder that others may enter stops the start', async () => {
    const folder = await keyFolder();
    await openKeyRing(folder, newKeyId);
    await chmod(folder, 0o750);
    await expect(openKeyRing(folder, newKeyId)).rejects.toMatchObject({ hint: `chmod 700 ${folder}` });
  });

  it('that is damaged stops the start, and is not quoted', async () => {
    const folder = await keyFolder();
    await openKeyRing(folder, newKeyId);
    const good = await readFile(join(folder, FILE), 'utf8');
    const bad = [
      '',
      good.slice(0, -10),
      '{}',
      good.replace(/"current": "kek/, '"current": "other'),
      '{"current":"k","keys":{"k":"c2hvcnQ="}}',
    ];
    for (const text of bad) {
      await writeFile(join(folder, FILE), text);
      const error = await openKeyRing(folder, newKeyId).catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(SetupError);
      expect(String(error)).toMatch(/is not a key file, or it is damaged$/);
    }
  });

  it('gets a new current key and keeps the old ones; a running server finds it', async () => {
    const folder = await keyFolder();
    const ring = await openKeyRing(folder, newKeyId);
    const old = ring.current();
    const id = await addKey(folder, newKeyId);
    expect(ring.find(id)).toBeUndefined();
    await ring.reload();
    expect(ring.current().id).toBe(id);
    expect(ring.find(old.id)).toEqual(old);
    expect((await stat(join(folder, FILE))).mode & 0o777).toBe(0o600);
    await expect(addKey(await keyFolder(), newKeyId)).rejects.toThrow(SetupError);
  });
});
