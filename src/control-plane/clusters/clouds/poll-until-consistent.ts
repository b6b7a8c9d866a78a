/** Looks in a row that may disagree with each other before the last is taken as it is. */
const MAX_QUERIES = 6;

/**
 * Looks until two looks in a row agree whether anything is there: a listing may miss what was made a moment ago, and may
 * show what is gone. When they never agree, what was seen last before "nothing" counts.
 */
export async function pollUntilConsistent<T>(
  look: () => Promise<T[]>,
  settle: () => Promise<void>,
): Promise<T[]> {
  let before = await look();
  let seen = before;
  for (let looks = 2; looks <= MAX_QUERIES; looks++) {
    await settle();
    const now = await look();
    if (now.length > 0) seen = now;
    if (now.length > 0 === before.length > 0) return now;
    before = now;
  }
  return seen;
}
