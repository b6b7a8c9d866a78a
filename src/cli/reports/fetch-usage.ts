import type { ApiClient } from '../../client/api-client.ts';
import { collect, MAX_PAGE, pages } from '../../client/pages.ts';
import type { operations } from '../../contract/api.gen.ts';
import type { ApplicationCharge, Charge, UsageReport } from '../../contract/documents.ts';

type ChargesQuery = NonNullable<operations['listCharges']['parameters']['query']>;
type ApplicationChargesQuery = NonNullable<operations['listApplicationCharges']['parameters']['query']>;
type UsageQuery = NonNullable<operations['reportUsage']['parameters']['query']>;

/** All groups of a report: the pages of one period. */
export async function fetchUsage(client: ApiClient, query: UsageQuery): Promise<UsageReport> {
  const fetchPage = async (cursor?: string): Promise<UsageReport> => {
    const params = { query: { ...query, limit: MAX_PAGE, ...(cursor === undefined ? {} : { cursor }) } };
    return (await client.GET('/v1/reports/usage', { params })).data;
  };
  let report: UsageReport | undefined;
  for await (const page of pages(fetchPage)) {
    report = { ...page, items: [...(report?.items ?? []), ...page.items], nextCursor: null };
  }
  if (report === undefined) throw new TypeError('a listing has a first page');
  return report;
}

/** All charges of a period. */
export function fetchCharges(client: ApiClient, query: ChargesQuery): Promise<Charge[]> {
  return collect(
    async (page) =>
      (await client.GET('/v1/reports/charges', { params: { query: { ...query, ...page } } })).data,
  );
}

export function fetchApplicationCharges(
  client: ApiClient,
  query: ApplicationChargesQuery,
): Promise<ApplicationCharge[]> {
  return collect(
    async (page) =>
      (await client.GET('/v1/reports/application-charges', { params: { query: { ...query, ...page } } }))
        .data,
  );
}
