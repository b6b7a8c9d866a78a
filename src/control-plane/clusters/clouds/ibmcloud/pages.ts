import * as z from 'zod';
import type { IbmcloudPlace } from './endpoints.ts';
import { unreadable } from './errors.ts';
import type { Look } from './look.ts';

const PAGE_SIZE = 100;

type Query = Readonly<Record<string, string>>;

/** How a service pages: what its first page is asked with, and what the next one is, while there is one. */
interface Paging {
  readonly first: Query;
  next(page: unknown, asked: Query): Query | undefined;
}

/** VPC: `next.href` with `start`. */
export const byNextHref: Paging = {
  first: { limit: String(PAGE_SIZE) },
  next: (page) =>
    queryOf(z.object({ next: z.object({ href: z.string() }).nullish() }).parse(page).next?.href),
};

/** Resource Controller: `next_url`, a path of its own with `start`. */
export const byNextUrl: Paging = {
  first: { limit: String(PAGE_SIZE) },
  next: (page) => queryOf(z.object({ next_url: z.string().nullish() }).parse(page).next_url),
};

/** IAM identities: `next`, a whole address with `pagetoken`. */
export const byPageToken: Paging = {
  first: { pagesize: String(PAGE_SIZE) },
  next: (page) => queryOf(z.object({ next: z.string().nullish() }).parse(page).next),
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

/** DNS Services: how many were passed, and how many there are. */
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

/** IAM policies come in one piece, unless a page mark says otherwise. */
export const inOnePiece: Paging = {
  first: {},
  next(page) {
    const { next } = z.object({ next: z.object({ start: z.string() }).nullish() }).parse(page);
    return next ? { start: next.start } : undefined;
  },
};

/** All items of a listing, whichever way it pages. */
export async function allPages<T>(
  look: Look,
  what: string,
  place: IbmcloudPlace,
  paging: Paging,
  collection: string,
  item: z.ZodType<T>,
): Promise<T[]> {
  const schema = z.looseObject({ [collection]: z.array(item) });
  const all: T[] = [];
  let query: Query | undefined = { ...place.query, ...paging.first };
  while (query !== undefined) {
    const page: Record<string, unknown> = await look.get(what, { ...place, query }, schema);
    all.push(...(page[collection] as T[]));
    const next = following(what, paging, page, query);
    query = next && { ...query, ...next };
  }
  return all;
}

/** A page that does not say whether there is another is no page: the rest of the listing would be missing in silence. */
function following(what: string, paging: Paging, page: unknown, asked: Query): Query | undefined {
  try {
    return paging.next(page, asked);
  } catch (error) {
    if (!(error instanceof z.ZodError)) throw error;
    throw unreadable(what, error.issues.map(({ path }) => path.join('.')).join(', '));
  }
}

/** What a link asks for; the address itself is ours, so that a link leads nowhere else. */
function queryOf(link: string | null | undefined): Query | undefined {
  if (link === null || link === undefined || link === '') return undefined;
  return Object.fromEntries(new URL(link, 'https://cloud.ibm.com').searchParams);
}
