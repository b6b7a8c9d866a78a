import type { AuditAnchor, AuditAnchorKey } from './audit-anchor.ts';
import type { AuditAnchorBatch } from './audit-anchor-store.ts';

/** What an anchor says of a stream, and the file that holds it. */
export interface AnchoredPosition {
  readonly seq: number;
  readonly hash: Uint8Array;
  readonly time: Date;
  readonly file: string;
}

export interface AnchorFault {
  /** Empty when the anchor could not be read. */
  readonly stream: string;
  readonly seq: number;
  readonly cause: 'anchor-forged' | 'anchor-missing';
  readonly anchor: string;
}

export interface AnchoredPositions {
  /** Of each stream, by sequence number, oldest anchor first. */
  readonly byStream: ReadonlyMap<string, ReadonlyMap<number, AnchoredPosition>>;
  readonly faults: readonly AnchorFault[];
}

/** Reads anchors, oldest first. Without a key, nothing was signed: every line is forged. */
export function readAnchoredPositions(
  batches: readonly AuditAnchorBatch[],
  key: AuditAnchorKey | undefined,
): AnchoredPositions {
  const byStream = new Map<string, Map<number, AnchoredPosition>>();
  const faults: AnchorFault[] = [];
  for (const { name: file, lines } of batches) {
    for (const line of lines) {
      const anchor = key?.read(line);
      if (!anchor) {
        faults.push({ stream: '', seq: 0, cause: 'anchor-forged', anchor: file });
        continue;
      }
      const known = byStream.get(anchor.stream) ?? new Map<number, AnchoredPosition>();
      const since = anchor.seq - anchor.count;
      // The first anchor read of a stream may have older ones before it that are not read any more.
      if (known.size > 0 && since > Math.max(...known.keys()))
        faults.push({ stream: anchor.stream, seq: since, cause: 'anchor-missing', anchor: file });
      byStream.set(anchor.stream, known.set(anchor.seq, positionOf(anchor, file)));
    }
  }
  return { byStream, faults };
}

/** The signed position that covers most of a stream. */
export function lastAnchored(
  positions: ReadonlyMap<number, AnchoredPosition> | undefined,
): AnchoredPosition | undefined {
  return positions === undefined ? undefined : positions.get(Math.max(...positions.keys()));
}

function positionOf({ seq, hash, time }: AuditAnchor, file: string): AnchoredPosition {
  return { seq, hash: Buffer.from(hash, 'hex'), time: new Date(time), file };
}
