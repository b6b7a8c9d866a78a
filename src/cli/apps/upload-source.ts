import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import type { ApiClient } from '../../client/api-client.ts';
import { withQuery } from '../../client/request-target.ts';

/** What the API takes at once. */
const PART_BYTES = 1024 * 1024;
const PARALLEL_UPLOADS = 4;
/** Of one part, with the waits that the rate limit asks for. */
const PART_TIMEOUT_MS = 120_000;

export interface SourceReference {
  /** Of the archive as it is uploaded. */
  readonly sha256: string;
  readonly sizeBytes: number;
  readonly parts: number;
}

/** Uploads an archive in parts. Sending a part again does no harm. */
export async function uploadSource(
  client: ApiClient,
  { file, team }: { readonly file: string; readonly team: string | undefined },
): Promise<SourceReference> {
  const handle = await open(file, 'r');
  try {
    const hash = createHash('sha256');
    for await (const chunk of handle.createReadStream({ autoClose: false, start: 0 })) hash.update(chunk);
    const sha256 = hash.digest('hex');
    const { size: sizeBytes } = await handle.stat();
    const parts = Math.ceil(sizeBytes / PART_BYTES);
    let next = 0;
    const upload = async () => {
      while (next < parts) {
        const part = next++;
        const bytes = Buffer.alloc(Math.min(PART_BYTES, sizeBytes - part * PART_BYTES));
        await handle.read(bytes, 0, bytes.length, part * PART_BYTES);
        await client.send({
          method: 'PUT',
          target: withQuery(`/v1/app/sources/${sha256}/parts/${part}`, { team }),
          headers: { 'content-type': 'application/octet-stream' },
          body: bytes,
          isRepeatable: true,
          timeoutMs: PART_TIMEOUT_MS,
        });
      }
    };
    await Promise.all(Array.from({ length: PARALLEL_UPLOADS }, upload));
    return { sha256, sizeBytes, parts };
  } finally {
    await handle.close();
  }
}
