type Defined<T> = { [K in keyof T]?: Exclude<T[K], undefined> };

/** @returns the entries that have a value: what no flag says is left to the server. */
export function defined<T extends object>(values: T): Defined<T> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as Defined<T>;
}
