type WithoutUndefined<T> = { [K in keyof T]?: Exclude<T[K], undefined> };

/** @returns the entries that have a value: what no flag says is left to the server. */
export function omitUndefined<T extends object>(values: T): WithoutUndefined<T> {
  return Object.fromEntries(
    Object.entries(values).filter(([, value]) => value !== undefined),
  ) as WithoutUndefined<T>;
}
