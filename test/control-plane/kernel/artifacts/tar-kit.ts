import { gunzipSync, gzipSync } from 'node:zlib';
import { type Header, pack } from 'tar-stream';
import { readAll } from './kit.ts';

export type HeaderArgument = Partial<Header> & Pick<Header, 'name'>;

/** A tar.gz of exactly these entries, sane or not. */
export async function packed(
  entries: readonly (HeaderArgument | [HeaderArgument, Buffer])[],
  level?: number,
): Promise<Buffer> {
  const tar = pack();
  for (const entry of entries) {
    const [header, content] = Array.isArray(entry) ? entry : [entry, Buffer.alloc(0)];
    tar.entry(header, content);
  }
  tar.finalize();
  return gzipSync(await readAll(tar as AsyncIterable<Uint8Array>), level === undefined ? {} : { level });
}

const HEADER_BYTES = 512;
const CHECKSUM_AT = 148;

/** A tar.gz of `count` empty files `files/00000…`: one header, renumbered. */
export async function packedFiles(count: number): Promise<Buffer> {
  const [folder, digits] = ['files/', 5];
  const template = gunzipSync(await packed([{ name: `${folder}${'0'.repeat(digits)}`, mode: 0o600 }]));
  const tar = Buffer.alloc((count + 2) * HEADER_BYTES);
  for (let i = 0; i < count; i++) {
    const header = tar.subarray(i * HEADER_BYTES, (i + 1) * HEADER_BYTES);
    template.copy(header, 0, 0, HEADER_BYTES);
    header.write(String(i).padStart(digits, '0'), folder.length);
    header.fill(' ', CHECKSUM_AT, CHECKSUM_AT + 8);
    const sum = header.reduce((total, byte) => total + byte, 0);
    header.write(`${sum.toString(8).padStart(6, '0')}\0 `, CHECKSUM_AT);
  }
  return gzipSync(tar, { level: 1 });
}
