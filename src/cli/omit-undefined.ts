type WithoutUndefined<T> = { [K in keyof T]?: Exclude<T[K], undefined> };

/** @returns the entries whose value is not undefined, so that the server applies its defaults to the others. */
export function omitUndefined<T extends object>(values: T): WithoutUndefined<T> {
  return Object.fromEntries(
    Object.entries(values).filter(([, value]) => value !== undefined),
  ) as WithoutUndefined<T>;
}
