import type { Readable } from 'node:stream';
import { type ArchiveOptions, readArchive } from './read-archive.ts';
import { type SourceSummary, SourceSummaryBuilder } from './source-summary.ts';

/** What planning needs of a tar.gz, without unpacking it to disk. @throws SourceError */
export async function readSource(archive: Readable, options: ArchiveOptions = {}): Promise<SourceSummary> {
  const found = new SourceSummaryBuilder();
  const contentSha256 = await readArchive(archive, options, async (entry, content) => {
    if (entry.type === 'directory') return;
    for await (const _ of found.add(entry, content));
  });
  return found.summary(contentSha256);
}
