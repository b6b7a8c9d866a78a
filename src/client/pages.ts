export interface Page<Item> {
  readonly items: readonly Item[];
  readonly nextCursor?: string | null;
}

/**
 * Goes through a list page by page.
 * @param fetchPage gets no cursor for the first page, then the `nextCursor` of the page before.
 */
export async function* pages<Item>(
  fetchPage: (cursor?: string) => Promise<Page<Item>>,
): AsyncGenerator<Page<Item>> {
  let page = await fetchPage();
  yield page;
  while (page.nextCursor) {
    const cursor: string = page.nextCursor;
    page = await fetchPage(cursor);
    // A server that repeats itself must not keep us for ever.
    if (page.nextCursor === cursor) throw new Error(`the list does not go on after the cursor ${cursor}`);
    yield page;
  }
}

/** The largest page that the API gives. */
export const MAX_PAGE = 200;

/**
 * @returns all items of a list, or the first `limit` of them, in as few pages as the API allows.
 * @param fetchPage gets the size of the page and, but for the first, where it begins; both go into the query as they are.
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
