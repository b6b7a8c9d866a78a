import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';
import { Transform } from 'node:stream';
import { ArtifactError } from './artifact-error.ts';

/*
 * Format: `OCS1`, 32 bytes of salt, then frames of [last: 1 byte][length: 4 bytes][ciphertext][tag: 16 bytes].
 * Each stream has its own key (HKDF-SHA-256 of the given key and the salt), so the frame number can be the nonce. The number, the
 * last flag and the context are authenticated: frames cannot be reordered, removed or truncated.
 */
const MAGIC = Buffer.from('OCS1');
const SALT_BYTES = 32;
const FRAME_BYTES = 64 * 1024;
const FRAME_HEAD_BYTES = 5;
const TAG_BYTES = 16;
export const SEAL_KEY_BYTES = 32;

/**
 * Encrypts a stream (AES-256-GCM) with a key of 32 bytes. The context, for example the artifact key, is not stored and must be given
 * again to open the stream, so that one sealed stream cannot replace another.
 */
export function sealStream(key: Uint8Array, context: string): Transform {
  const salt = randomBytes(SALT_BYTES);
  const frames = frameCipher(key, salt, context);
  let pending: Buffer = Buffer.alloc(0);
  let begun = false;
  const begin = (stream: Transform): void => {
    if (!begun) stream.push(Buffer.concat([MAGIC, salt]));
    begun = true;
  };
  return new Transform({
    transform(chunk: Uint8Array, _encoding, done) {
      begin(this);
      pending = Buffer.concat([pending, chunk]);
      // The last frame has a flag, so a frame is held back until more data follows.
      for (; pending.length > FRAME_BYTES; pending = pending.subarray(FRAME_BYTES)) {
        this.push(frames.seal(pending.subarray(0, FRAME_BYTES), false));
      }
      done();
    },
    flush(done) {
      begin(this);
      this.push(frames.seal(pending, true));
      done();
    },
  });
}

/** Decrypts a sealed stream frame by frame. Fails with `ARTIFACT_CORRUPT` when a frame is not authentic or is missing. */
export function openStream(key: Uint8Array, context: string): Transform {
  let pending: Buffer = Buffer.alloc(0);
  let frames: ReturnType<typeof frameCipher> | undefined;
  let over = false;
  const takeFrame = (): Buffer | undefined => {
    if (over || pending.length < FRAME_HEAD_BYTES) return undefined;
    const length = pending.readUInt32BE(1);
    if (pending.readUInt8(0) > 1 || length > FRAME_BYTES) throw corrupt();
    const end = FRAME_HEAD_BYTES + length + TAG_BYTES;
    if (pending.length < end) return undefined;
    const frame = pending.subarray(0, end);
    pending = pending.subarray(end);
    return frame;
  };
  return new Transform({
    transform(chunk: Uint8Array, _encoding, done) {
      try {
        pending = Buffer.concat([pending, chunk]);
        if (frames === undefined && pending.length >= MAGIC.length + SALT_BYTES) {
          if (!pending.subarray(0, MAGIC.length).equals(MAGIC)) throw corrupt();
          frames = frameCipher(key, pending.subarray(MAGIC.length, MAGIC.length + SALT_BYTES), context);
          pending = pending.subarray(MAGIC.length + SALT_BYTES);
        }
        for (let frame = frames && takeFrame(); frames && frame; frame = takeFrame()) {
          const opened = frames.open(frame);
          over = opened.last;
          this.push(opened.content);
        }
        if (over && pending.length > 0) throw corrupt();
        done();
      } catch (error) {
        done(error as Error);
      }
    },
    flush: (done) => done(over ? null : corrupt()),
  });
}

function frameCipher(key: Uint8Array, salt: Uint8Array, context: string) {
  if (key.length !== SEAL_KEY_BYTES) throw new RangeError(`a seal key has ${SEAL_KEY_BYTES} bytes`);
  const streamKey = Buffer.from(hkdfSync('sha256', key, salt, 'ocpctl sealed stream 1', SEAL_KEY_BYTES));
  let number = 0;
  const next = (last: boolean) => {
    const nonce = Buffer.alloc(12);
    nonce.writeUInt32BE(number, 8);
    number += 1;
    if (number > 0xffff_fffe) throw new RangeError('a sealed stream has at most 256 TiB');
    return { nonce, aad: Buffer.from(JSON.stringify([context, number, last])) };
  };
  return {
    seal(content: Uint8Array, last: boolean): Buffer {
      const { nonce, aad } = next(last);
      const cipher = createCipheriv('aes-256-gcm', streamKey, nonce, { authTagLength: TAG_BYTES }).setAAD(
        aad,
      );
      const head = Buffer.alloc(FRAME_HEAD_BYTES);
      head.writeUInt8(last ? 1 : 0, 0);
      head.writeUInt32BE(content.length, 1);
      return Buffer.concat([head, cipher.update(content), cipher.final(), cipher.getAuthTag()]);
    },
    open(frame: Buffer): { content: Buffer; last: boolean } {
      const last = frame.readUInt8(0) === 1;
      const { nonce, aad } = next(last);
      const decipher = createDecipheriv('aes-256-gcm', streamKey, nonce, { authTagLength: TAG_BYTES });
      decipher.setAAD(aad).setAuthTag(frame.subarray(-TAG_BYTES));
      try {
        const content = decipher.update(frame.subarray(FRAME_HEAD_BYTES, -TAG_BYTES));
        return { content: Buffer.concat([content, decipher.final()]), last };
      } catch (error) {
        throw corrupt(error);
      }
    },
  };
}

function corrupt(cause?: unknown): ArtifactError {
  return new ArtifactError(
    'ARTIFACT_CORRUPT',
    'cannot open a sealed artifact: it was changed or truncated, or the key is wrong',
    {
      cause,
    },
  );
}
