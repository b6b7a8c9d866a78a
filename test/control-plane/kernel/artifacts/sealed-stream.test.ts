import { randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { openStream, sealStream } from '../../../../src/control-plane/kernel/artifacts/sealed-stream.ts';
import { readAll } from './kit.ts';

const key = randomBytes(32);
const CONTEXT = 'clu_x/1';
const FRAME = 5 + 64 * 1024 + 16;
const HEAD = 36;

const pass = (bytes: readonly Uint8Array[], through: ReturnType<typeof sealStream>) =>
  readAll(Readable.from(bytes).pipe(through));
const seal = (plain: Uint8Array) => pass([plain], sealStream(key, CONTEXT));
const open = (sealed: Uint8Array, context = CONTEXT, withKey: Uint8Array = key) =>
  pass([sealed], openStream(withKey, context));
const corrupt = { code: 'ARTIFACT_CORRUPT' };

describe('a sealed stream', () => {
  it('opens to what was sealed, whatever the chunks', async () => {
    const chunks = fc.array(fc.uint8Array({ maxLength: 300, size: 'max' }), { maxLength: 5 });
    await fc.assert(
      fc.asyncProperty(chunks, fc.integer({ min: 1, max: 5_000 }), async (parts, cut) => {
        const sealed = await pass(parts, sealStream(key, CONTEXT));
        const pieces = Array.from({ length: Math.ceil(sealed.length / cut) }, (_, i) =>
          sealed.subarray(i * cut, (i + 1) * cut),
        );
        const opened = await pass(pieces, openStream(key, CONTEXT));
        expect(opened.equals(Buffer.concat(parts))).toBe(true);
      }),
      { numRuns: 50 },
    );
  });

  it.each([0, 1, 65_535, 65_536, 65_537, 131_072, 1_000_000])('holds %i bytes', async (size) => {
    const plain = randomBytes(size);
    expect((await open(await seal(plain))).equals(plain)).toBe(true);
  });

  it('G15: shows nothing of its content and is another each time', async () => {
    const plain = Buffer.from('pull secret '.repeat(20));
    const [one, two] = [await seal(plain), await seal(plain)];
    expect(one.includes('pull secret')).toBe(false);
    expect(one.equals(two)).toBe(false);
  });

  it('opens with no other key and in no other context', async () => {
    const sealed = await seal(randomBytes(100));
    await expect(open(sealed, 'clu_y/1')).rejects.toMatchObject(corrupt);
    await expect(open(sealed, CONTEXT, randomBytes(32))).rejects.toMatchObject(corrupt);
    expect(() => sealStream(randomBytes(16), CONTEXT)).toThrow(RangeError);
  });

  it('G4: notices each changed byte', async () => {
    const sealed = await seal(randomBytes(40));
    for (let at = 0; at < sealed.length; at++) {
      const changed = Buffer.from(sealed);
      changed.writeUInt8(changed.readUInt8(at) ^ 1, at);
      await expect(open(changed), `byte ${at}`).rejects.toMatchObject(corrupt);
    }
  });

  it('G4: notices frames that are cut off, doubled, dropped or swapped', async () => {
    const sealed = await seal(randomBytes(3 * 64 * 1024 + 5));
    const head = sealed.subarray(0, HEAD);
    const frames = [0, 1, 2].map((i) => sealed.subarray(HEAD + i * FRAME, HEAD + (i + 1) * FRAME));
    const last = sealed.subarray(HEAD + 3 * FRAME);
    const [a, b, c] = frames as [Buffer, Buffer, Buffer];
    const calledLast = Buffer.concat([Buffer.from([1]), b.subarray(1)]);
    const broken = [
      [head, a, calledLast],
      [head],
      [head.subarray(0, 10)],
      [],
      [head, a, b, c],
      [head, a, b, c, last.subarray(0, -1)],
      [head, a, b, c, last, Buffer.from('x')],
      [head, a, b, c, last, last],
      [head, a, c, b, last],
      [head, a, a, b, c, last],
      [head, b, c, last],
      [head, last],
    ];
    for (const parts of broken) await expect(open(Buffer.concat(parts))).rejects.toMatchObject(corrupt);
    expect(await open(Buffer.concat([head, a, b, c, last]))).toHaveLength(3 * 64 * 1024 + 5);
  });
});
