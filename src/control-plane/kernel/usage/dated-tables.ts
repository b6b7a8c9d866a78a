import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import * as z from 'zod';
import { messageOf, SetupError } from '../errors.ts';

/** Tables of prices that are known. Each applies from 00:00 UTC of its date, to what exists as well as to what is new. */
export interface DatedTables<T> {
  /** The newest table of this time. Before the date of the first one, the first one applies. */
  at(now: Date): T;
}

/** Reads the tables, `YYYY-MM-DD.yaml`, of a directory. @throws SetupError for a table that cannot be used, also one of the future */
export function loadDatedTables<T extends { readonly date: string }>(
  directory: string,
  schema: z.ZodType<T>,
): DatedTables<T> {
  const dates = readdirSync(directory).flatMap((name) => /^(\d{4}-\d{2}-\d{2})\.yaml$/.exec(name)?.[1] ?? []);
  const tables = dates.sort().map((date) => readTable(join(directory, `${date}.yaml`), date, schema));
  const [first] = tables;
  if (first === undefined) throw new SetupError(`no price table (YYYY-MM-DD.yaml) in ${directory}`);
  return {
    at(now) {
      const day = now.toISOString().slice(0, 10);
      return tables.findLast(({ date }) => date <= day) ?? first;
    },
  };
}

function readTable<T extends { readonly date: string }>(file: string, date: string, schema: z.ZodType<T>): T {
  let content: unknown;
  try {
    content = parse(readFileSync(file, 'utf8'));
  } catch (error) {
    throw new SetupError(`${file} cannot be read: ${messageOf(error)}`, { cause: error });
  }
  const parsed = schema.safeParse(content);
  if (!parsed.success)
    throw new SetupError(`${file} is not a price table:\n${z.prettifyError(parsed.error)}`);
  if (parsed.data.date !== date) throw new SetupError(`${file} is dated ${parsed.data.date}; fix: rename it`);
  return parsed.data;
}
