import { ApiError } from './api-error.ts';

export interface Page<Item> {
  readonly items: readonly Item[];
  readonly nextCursor?: string | null;
}

/**
 * Iterates over the pages of a list.
 * @param fetchPage is called without a cursor for the first page, then with the previous `nextCursor`.
 */
export async function* pages<P extends Page<unknown>>(
  fetchPage: (cursor?: string) => Promise<P>,
): AsyncGenerator<P> {
  let page = await fetchPage();
  yield page;
  while (page.nextCursor) {
    const cursor: string = page.nextCursor;
    page = await fetchPage(cursor);
    // A server that repeats a cursor would cause an endless loop.
    if (page.nextCursor === cursor) {
      throw new ApiError('UNEXPECTED_ANSWER', `the server repeated the cursor ${cursor}`, { status: 200 });
    }
    yield page;
  }
}

/** Maximum page size of the API. */
export const MAX_PAGE = 200;

/**
 * @returns all items of a list, or the first `limit`, with as few requests as possible.
 * @param fetchPage is called with the query parameters of the page: size and, after the first page, cursor.
 */
export async function collect<Item>(
  fetchPage: (page: { limit: number; cursor?: string }) => Promise<Page<Item>>,
  limit = Number.POSITIVE_INFINITY,
): Promise<Item[]> {
  const found: Item[] = [];
  const next = (cursor?: string) =>
    fetchPage({ limit: Math.min(MAX_PAGE, limit - found.length), ...(cursor ? { cursor } : {}) });
  for await (const { items } of pages(next)) {
    found.push(...items);
    if (found.length >= limit) break;
  }
  return found.slice(0, limit);
}
