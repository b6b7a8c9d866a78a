/** Queries after which the result is used even if two in a row never agreed. */
const MAX_QUERIES = 6;

/**
 * Repeats a query until two results in a row agree on whether anything exists: a listing may omit what was created a
 * moment ago and may show what is already gone.
 * @returns the last result; if no two agreed, the last one that was not empty
 */
export async function pollUntilConsistent<T>(
  query: () => Promise<T[]>,
  settle: () => Promise<void>,
): Promise<T[]> {
  let previous = await query();
  let found = previous;
  for (let count = 2; count <= MAX_QUERIES; count++) {
    await settle();
    const current = await query();
    if (current.length > 0) found = current;
    if (current.length > 0 === previous.length > 0) return current;
    previous = current;
  }
  return found;
}
