import * as z from 'zod';
import type { IbmcloudApi } from './ibmcloud-api.ts';
import { unexpectedResponse } from './ibmcloud-error.ts';
import type { IbmcloudTarget } from './ibmcloud-url.ts';

const PAGE_SIZE = 100;

type Query = Readonly<Record<string, string>>;

/** The paging scheme of a service: the query of the first page, and of each next one while there is one. */
interface Paging {
  readonly first: Query;
  next(page: unknown, asked: Query): Query | undefined;
}

/** VPC: `next.href` with the parameter `start`. */
export const byNextHref: Paging = {
  first: { limit: String(PAGE_SIZE) },
  next: (page) =>
    queryOfLink(z.object({ next: z.object({ href: z.string() }).nullish() }).parse(page).next?.href),
};

/** Resource Controller: `next_url`, a path with the parameter `start`. */
export const byNextUrl: Paging = {
  first: { limit: String(PAGE_SIZE) },
  next: (page) => queryOfLink(z.object({ next_url: z.string().nullish() }).parse(page).next_url),
};

/** IAM identities: `next`, a URL with the parameter `pagetoken`. */
export const byPageToken: Paging = {
  first: { pagesize: String(PAGE_SIZE) },
  next: (page) => queryOfLink(z.object({ next: z.string().nullish() }).parse(page).next),
};

const info = z.object({ page: z.number(), per_page: z.number(), total_count: z.number() });

/** Internet Services: numbered pages. */
export const byNumber: Paging = {
  first: { page: '1', per_page: String(PAGE_SIZE) },
  next(page, asked) {
    const { result_info: at } = z.object({ result_info: info }).parse(page);
    return at.page * at.per_page < at.total_count ? { ...asked, page: String(at.page + 1) } : undefined;
  },
};

/** DNS Services: offset and total count. */
export const byOffset: Paging = {
  first: { offset: '0', limit: String(PAGE_SIZE) },
  next(page, asked) {
    const {
      offset,
      limit,
      total_count: all,
    } = z.object({ offset: z.number(), limit: z.number(), total_count: z.number() }).parse(page);
    return offset + limit < all ? { ...asked, offset: String(offset + limit) } : undefined;
  },
};

/** IAM policies: one page, unless the response names a next one. */
export const unpaged: Paging = {
  first: {},
  next(page) {
    const { next } = z.object({ next: z.object({ start: z.string() }).nullish() }).parse(page);
    return next ? { start: next.start } : undefined;
  },
};

/** @returns all items of a paged listing. */
export async function allIbmcloudPages<T>(
  ibmcloud: IbmcloudApi,
  what: string,
  target: IbmcloudTarget,
  paging: Paging,
  collection: string,
  item: z.ZodType<T>,
): Promise<T[]> {
  const schema = z.looseObject({ [collection]: z.array(item) });
  const all: T[] = [];
  let query: Query | undefined = { ...target.query, ...paging.first };
  while (query !== undefined) {
    const page: Record<string, unknown> = await ibmcloud.get(what, { ...target, query }, schema);
    all.push(...(page[collection] as T[]));
    const next = nextQuery(what, paging, page, query);
    query = next && { ...query, ...next };
  }
  return all;
}

/** A page without valid paging fields is an error, because the rest of the listing would be missing unnoticed. */
function nextQuery(what: string, paging: Paging, page: unknown, asked: Query): Query | undefined {
  try {
    return paging.next(page, asked);
  } catch (error) {
    if (!(error instanceof z.ZodError)) throw error;
    throw unexpectedResponse(what, error.issues.map(({ path }) => path.join('.')).join(', '));
  }
}

/** @returns the query of a link. Its host is ignored, so that the token is never sent elsewhere. */
function queryOfLink(link: string | null | undefined): Query | undefined {
  if (link === null || link === undefined || link === '') return undefined;
  return Object.fromEntries(new URL(link, 'https://cloud.ibm.com').searchParams);
}
