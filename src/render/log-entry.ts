import type { JobEvent } from '../contract/documents.ts';
import { toJson } from '../contract/escape.ts';
import { type JobLogEntry, logLine } from './job.ts';
import type { Paint } from './paint.ts';
import { printView } from './print.ts';
import type { ShapeOptions } from './shape-view.ts';
import { NoSuchFieldError } from './value-path.ts';
import { type Format, listView, type TableColumn } from './view.ts';

const FIELDS = {
  seq: true,
  at: true,
  attempt: true,
  phase: true,
  kind: true,
  level: true,
  message: true,
  data: true,
} satisfies Record<keyof JobEvent, true>;

const COLUMNS: readonly TableColumn<JobLogEntry>[] = [
  { header: 'AT', text: ({ at }) => at },
  { header: 'LEVEL', text: ({ level }) => level },
  { header: 'PHASE', text: ({ phase }) => phase ?? '' },
  { header: 'ATTEMPT', text: ({ attempt }) => String(attempt) },
  { header: 'KIND', text: ({ kind }) => kind },
  { header: 'MESSAGE', text: ({ message }) => message },
  { header: 'DATA', text: ({ data }) => toJson(data) },
];

export interface JobLogOptions {
  readonly paint: Paint;
  readonly shape?: ShapeOptions | undefined;
  readonly query?: string | undefined;
}

/** The entries of a log as a stream: JSON one a line, YAML documents that begin with `---`, CSV with one header. */
export class LogPrinter {
  readonly #format: Format;
  readonly #options: JobLogOptions;
  #hasHeader = false;

  constructor(format: Format, options: JobLogOptions) {
    this.#format = format;
    this.#options = options;
  }

  /** @returns what is printed before the first entry @throws ViewOptionError for a column that does not exist */
  async begin(): Promise<string> {
    if (this.#options.query !== undefined || this.#format.kind !== 'csv') return '';
    this.#hasHeader = true;
    return this.#print([], undefined);
  }

  /** @throws NoSuchFieldError, ViewOptionError */
  async entry(entry: JobLogEntry): Promise<string> {
    const { paint, query } = this.#options;
    const { kind } = this.#format;
    if (query === undefined && (kind === 'table' || kind === 'wide'))
      return `${logLine(entry, paint, kind === 'wide')}\n`;
    try {
      return await this.#print([entry], this.#hasHeader ? new Set([entry]) : undefined);
    } catch (error) {
      // Not every entry has a number or the same data.
      if (error instanceof NoSuchFieldError && this.#format.kind === 'value' && isField(this.#format.path))
        return '\n';
      throw error;
    }
  }

  #print(rows: readonly JobLogEntry[], only: ReadonlySet<unknown> | undefined): Promise<string> {
    const { paint, shape, query } = this.#options;
    const view = listView({ document: rows[0] ?? null, rows, columns: COLUMNS, name: ({ at }) => at });
    return printView(view, this.#format, {
      paint,
      cells: undefined,
      stream: true,
      only,
      query,
      ...(shape && { shape }),
    });
  }
}

function isField(path: string): boolean {
  return Object.hasOwn(FIELDS, path.split(/[.[]/)[0] ?? '');
}
