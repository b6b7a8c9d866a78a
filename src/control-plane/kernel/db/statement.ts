/** PostgreSQL types of parameters and columns, with their TypeScript types. */
interface TypeMap {
  text: string;
  int4: number;
  int8: number;
  float8: number;
  bool: boolean;
  timestamptz: Date;
  jsonb: unknown;
  bytea: Uint8Array;
  'text[]': string[];
  'int4[]': number[];
  'int8[]': number[];
  'timestamptz[]': Date[];
}

type PgType = keyof TypeMap;
/** `text` is not null, `text?` may be null. */
export type Column = PgType | `${PgType}?`;
export type Columns = Readonly<Record<string, Column>>;

type ValueOf<C extends Column> = C extends `${infer T extends PgType}?`
  ? TypeMap[T] | null
  : C extends PgType
    ? TypeMap[C]
    : never;

export type ValuesOf<C extends Columns> = { [K in keyof C]: ValueOf<C[K]> };

/** One SQL statement: its text, its parameters in the order of `$1, $2, …`, and the columns of its result. */
export interface Statement<P extends Columns = Columns, R extends Columns = Columns> {
  readonly name: string;
  readonly text: string;
  readonly params: P;
  readonly row: R;
}

export type RowOf<S> = S extends Statement<Columns, infer R> ? ValuesOf<R> : never;

/**
 * Declares a statement. `params` are in the order of `$1, $2, …`; `row` names every column of the result.
 * A test compares each declaration with the description of the statement by the migrated database.
 */
export function statement<const P extends Columns, const R extends Columns>(
  declared: Statement<P, R>,
): Statement<P, R> {
  return declared;
}
