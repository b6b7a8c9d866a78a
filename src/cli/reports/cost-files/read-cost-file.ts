import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { createGunzip } from 'node:zlib';
import { CliError } from '../../errors/cli-error.ts';
import { unreadableFile } from '../../input-file.ts';
import { type CostFormat, costFormatOf } from './cost-formats.ts';
import { type CostRow, CostRowError, type RawRow } from './cost-row.ts';

/** A line of a report has at most a few kilobytes; a quote that is never closed must not fill the memory. */
const MAX_LINE_BYTES = 1_000_000;

/** A row with its number in the file: a line of CSV, or a row of Parquet, both counted from 1. */
interface NumberedRow {
  readonly row: RawRow;
  readonly number: number;
}

export interface CostFile {
  readonly format: CostFormat;
  readonly rows: AsyncIterable<CostRow>;
}

/**
 * Opens an AWS Cost and Usage Report or a FOCUS export: CSV, CSV.gz or Parquet, whatever its name. Rows are read while they are used.
 * @throws CliError when it is none of them; while reading, for a row that cannot be understood, with its number
 */
export async function openCostFile(path: string): Promise<CostFile> {
  const magic = await firstBytes(path);
  if (magic.toString('latin1') === 'PAR1') return openParquet(path);
  const isGzip = magic[0] === 0x1f && magic[1] === 0x8b;
  const { parse } = await import('csv-parse');
  const parser = parse({
    bom: true,
    columns: true,
    info: true,
    max_record_size: MAX_LINE_BYTES,
    skip_empty_lines: true,
  });
  const source = createReadStream(path);
  const lines = isGzip ? source.pipe(createGunzip().on('error', (error) => parser.destroy(error))) : source;
  source.on('error', (error) => parser.destroy(error));
  lines.pipe(parser);
  const records = csvRows(path, parser as AsyncIterable<{ record: RawRow; info: { lines: number } }>);
  const first = await records.next();
  const columns = first.done ? [] : Object.keys(first.value.row);
  const format = knownFormat(path, columns);
  return { format, rows: parsedRows(path, format, withFirst(first.value, records)) };
}

async function firstBytes(path: string): Promise<Buffer> {
  const file = await open(path).catch((error: NodeJS.ErrnoException) => {
    throw unreadableFile(path, error);
  });
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(4), 0, 4, 0);
    return buffer.subarray(0, bytesRead);
  } catch (error) {
    throw unreadableFile(path, error);
  } finally {
    await file.close();
  }
}

async function openParquet(path: string): Promise<CostFile> {
  const { asyncBufferFromFile, parquetMetadataAsync, parquetReadObjects } = await import('hyparquet');
  const { compressors } = await import('hyparquet-compressors');
  const file = await asyncBufferFromFile(path);
  const metadata = await parquetMetadataAsync(file).catch((error: unknown) => {
    throw unreadable(path, error);
  });
  const names = metadata.schema.slice(1).map(({ name }) => name);
  const format = knownFormat(path, names);
  /** A row group at a time: a smaller part would decode the whole group again. */
  async function* rows(): AsyncGenerator<NumberedRow> {
    let rowStart = 0;
    for (const group of metadata.row_groups) {
      const rowEnd = rowStart + Number(group.num_rows);
      const options = { file, metadata, columns: [...format.columns], rowStart, rowEnd, compressors };
      const read = await parquetReadObjects(options).catch((error: unknown) => {
        throw unreadable(`${path}, rows ${rowStart + 1} to ${rowEnd}`, error);
      });
      for (const [index, row] of read.entries()) yield { row, number: rowStart + index + 1 };
      rowStart = rowEnd;
    }
  }
  return { format, rows: parsedRows(path, format, rows()) };
}

async function* csvRows(
  path: string,
  records: AsyncIterable<{ record: RawRow; info: { lines: number } }>,
): AsyncGenerator<NumberedRow> {
  try {
    for await (const { record, info } of records) yield { row: record, number: info.lines };
  } catch (error) {
    throw unreadable(path, error);
  }
}

async function* withFirst(
  first: NumberedRow | undefined,
  rest: AsyncIterable<NumberedRow>,
): AsyncGenerator<NumberedRow> {
  if (first !== undefined) yield first;
  yield* rest;
}

async function* parsedRows(
  path: string,
  format: CostFormat,
  rows: AsyncIterable<NumberedRow>,
): AsyncGenerator<CostRow> {
  for await (const { row, number } of rows) {
    try {
      yield format.parse(row);
    } catch (error) {
      if (error instanceof CostRowError)
        throw new CliError('COST_FILE', `${path}, row ${number}: ${error.message}`, { cause: error });
      throw error;
    }
  }
}

function knownFormat(path: string, columns: readonly string[]): CostFormat {
  const format = costFormatOf(columns);
  if (format !== undefined) return format;
  const found =
    columns.length === 0 ? 'it has no rows' : `its columns begin with ${columns.slice(0, 4).join(', ')}`;
  throw new CliError('COST_FILE', `${path} is not an AWS Cost and Usage Report or a FOCUS export: ${found}`, {
    hint: 'export a Cost and Usage Report (legacy or 2.0) or FOCUS as CSV, CSV.gz or Parquet, with resource tags',
  });
}

function unreadable(where: string, error: unknown): CliError {
  return new CliError(
    'COST_FILE',
    `${where} cannot be read: ${error instanceof Error ? error.message : String(error)}`,
    { cause: error },
  );
}
