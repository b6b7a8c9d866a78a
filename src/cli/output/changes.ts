import { isObject } from '../../contract/documents.ts';
import { toJson } from '../../contract/escape.ts';
import type { ListView, RecordView } from '../../render/view.ts';

/** What grows by itself: alone it does not count as a change. */
const RUNNING = { costToDate: undefined };

interface SeenRow {
  readonly name: string;
  readonly text: string;
}

/** What was shown last: the rows of a list by their ids, or a record as its only row. */
export type Seen = ReadonlyMap<string, SeenRow>;

interface Changes {
  readonly isChanged: boolean;
  /** Rows that are new or differ; undefined for a record. */
  readonly rows: ReadonlySet<unknown> | undefined;
  /** Names of rows that are gone. */
  readonly gone: readonly string[];
  readonly seen: Seen;
}

/** What differs from what was shown. @param before undefined: nothing was shown */
export function changesOf<Row>(view: ListView<Row> | RecordView, before: Seen | undefined): Changes {
  const seen = new Map<string, SeenRow>();
  const rows = new Set<unknown>();
  if (view.kind === 'record') seen.set('', { name: view.name, text: textOf(view.document) });
  else
    for (const row of view.rows) {
      const name = view.name(row);
      const id = isObject(row) && typeof row['id'] === 'string' ? row['id'] : name;
      const text = textOf(row);
      seen.set(id, { name, text });
      if (before?.get(id)?.text !== text) rows.add(row);
    }
  const gone = [...(before ?? [])].filter(([id]) => !seen.has(id)).map(([, { name }]) => name);
  const isRecordChanged = view.kind === 'record' && before?.get('')?.text !== seen.get('')?.text;
  return {
    isChanged: before === undefined || isRecordChanged || rows.size > 0 || gone.length > 0,
    rows: view.kind === 'record' ? undefined : rows,
    gone,
    seen,
  };
}

function textOf(document: unknown): string {
  return toJson(isObject(document) ? { ...document, ...RUNNING } : document);
}
