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
