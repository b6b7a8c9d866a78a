import { isPlannerFile, MAX_TEXT_BYTES, type SourceFiles } from '../builder/plan/source-files.ts';
import { readArchive, type SourceArchive } from './read-archive.ts';

export interface SourceSummary extends SourceFiles {
  /** Unpacked. */
  readonly sizeBytes: number;
}

/** What planning needs of an archive, without unpacking it to disk. @throws SourceError */
export async function readSource(archive: SourceArchive): Promise<SourceSummary> {
  const paths: string[] = [];
  const texts = new Map<string, string>();
  let sizeBytes = 0;
  await readArchive(archive, async (entry, content) => {
    if (entry.type === 'directory') return;
    paths.push(entry.path);
    if (entry.type === 'symlink') return;
    sizeBytes += entry.size;
    if (isPlannerFile(entry.path)) texts.set(entry.path, await beginningOf(content));
  });
  return { paths: paths.sort(), texts, sizeBytes };
}

async function beginningOf(content: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of content) {
    if (length < MAX_TEXT_BYTES) chunks.push(chunk);
    length += chunk.length;
  }
  return Buffer.concat(chunks).subarray(0, MAX_TEXT_BYTES).toString('utf8');
}
