import { isPlannerFile, MAX_TEXT_BYTES, type SourceFiles } from '../builder/plan/source-files.ts';
import type { ArchiveEntry } from './archive-rules.ts';

/** What was found in an archive: for planning, and for the address of its content. */
export interface SourceSummary extends SourceFiles {
  /** Unpacked. */
  readonly sizeBytes: number;
  /** Of the tar, which is the same for the same source whatever compressed it. */
  readonly contentSha256: string;
}

/** Collects a summary entry by entry. */
export class SourceSummaryBuilder {
  readonly #paths: string[] = [];
  readonly #texts = new Map<string, string>();
  #sizeBytes = 0;

  /** @returns the content, which has to be read to its end */
  async *add(
    entry: Exclude<ArchiveEntry, { type: 'directory' }>,
    content: AsyncIterable<Uint8Array>,
  ): AsyncGenerator<Uint8Array> {
    this.#paths.push(entry.path);
    if (entry.type !== 'file') return;
    this.#sizeBytes += entry.size;
    const isWanted = isPlannerFile(entry.path);
    const beginning: Uint8Array[] = [];
    let read = 0;
    for await (const chunk of content) {
      if (isWanted && read < MAX_TEXT_BYTES) beginning.push(chunk);
      read += chunk.length;
      yield chunk;
    }
    if (isWanted)
      this.#texts.set(entry.path, Buffer.concat(beginning).subarray(0, MAX_TEXT_BYTES).toString('utf8'));
  }

  summary(contentSha256: string): SourceSummary {
    return { paths: this.#paths.sort(), texts: this.#texts, sizeBytes: this.#sizeBytes, contentSha256 };
  }
}
