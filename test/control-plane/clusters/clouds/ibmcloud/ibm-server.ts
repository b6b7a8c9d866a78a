import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';

export const ACCOUNT = '4ea1882a2d3401ed1e459979941966ea';
export const API_KEY = 'key-of-the-worker-0123456789';
const GUID = '00000000-0000-4000-8000-00000000000';

type Item = Record<string, unknown>;

/** What the account holds, under the names of the API's own collections. */
export interface Held {
  readonly vpc: Record<string, Record<string, Item[]>>;
  readonly regions: Item[];
  readonly resourceGroups: Item[];
  readonly instances: Item[];
  readonly reclamations: Item[];
  readonly serviceIds: Item[];
  readonly policies: Item[];
  /** By the CRN of an Internet Services instance. */
  readonly cis: Record<string, { id: string; name: string; records: Item[] }[]>;
  /** By the guid of a DNS Services instance. */
  readonly privateDns: Record<string, { id: string; name: string; records: Item[] }[]>;
}

/** A stand-in for IBM Cloud that speaks its documented JSON on a real port, and pages, throttles and expires as it does. */
export interface IbmServer {
  readonly endpoint: string;
  readonly held: Held;
  /** Paths that were asked for, with their queries. */
  readonly asked: string[];
  /** What follows is answered with these statuses first, one each. */
  readonly refusals: number[];
  /** Every token that was given out so far is no longer accepted. */
  expireTokens(): void;
  tokensGiven(): number;
  /** Changes what is held right before the n-th listing of VPCs is answered. */
  beforeVpcListing(change: (n: number) => void): void;
}

export async function startIbmServer(): Promise<IbmServer> {
  const held: Held = {
    vpc: {},
    regions: [{ name: 'us-south', status: 'available', endpoint: 'https://us-south.iaas.cloud.ibm.com' }],
    resourceGroups: [],
    instances: [],
    reclamations: [],
    serviceIds: [],
    policies: [],
    cis: {},
    privateDns: {},
  };
  const asked: string[] = [];
  const refusals: number[] = [];
  let generation = 0;
  let given = 0;
  let vpcListings = 0;
  let onVpcListing: (n: number) => void = () => {};

  function answer(url: URL, request: IncomingMessage, body: string): [status: number, body: unknown] {
    if (url.pathname === '/iam/identity/token') {
      if (new URLSearchParams(body).get('apikey') !== API_KEY) {
        return [400, { errorCode: 'BXNIM0415E', errorMessage: 'Provided API key could not be found.' }];
      }
      given += 1;
      return [
        200,
        { access_token: `token-${generation}`, token_type: 'Bearer', expires_in: 3600, expiration: 0 },
      ];
    }
    if (request.headers.authorization !== `Bearer token-${generation}`) {
      return [401, { errors: [{ code: 'not_authorized', message: 'The token is not valid.' }], trace: 't' }];
    }
    const refusal = refusals.shift();
    if (refusal !== undefined) return [refusal, { errors: [{ code: 'refused', message: 'No.' }] }];
    if (/^\/vpc\/[^/]+\/v1\/vpcs$/.test(url.pathname)) onVpcListing(++vpcListings);
    return route(held, url, request.headers['iam-apikey']);
  }

  const server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (chunk: string) => {
      body += chunk;
    });
    request.on('end', () => {
      const url = new URL(request.url ?? '/', 'http://localhost');
      asked.push(`${url.pathname}${url.search}`);
      const [status, document] = answer(url, request, body);
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(document));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => new Promise<void>((resolve) => server.close(() => resolve())));
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    held,
    asked,
    refusals,
    expireTokens: () => {
      generation += 1;
    },
    tokensGiven: () => given,
    beforeVpcListing: (change) => {
      onVpcListing = change;
    },
  };
}

function route(
  held: Held,
  { pathname, searchParams }: URL,
  key: string | string[] | undefined,
): [number, unknown] {
  const [, service, ...parts] = pathname.split('/');
  const path = `/${parts.join('/')}`;
  if (service === 'vpc') return vpc(held, parts[0] ?? '', parts.slice(2), searchParams);
  switch (`${service} ${path}`) {
    case 'iam /v1/apikeys/details':
      if (key !== API_KEY) return [400, { errors: [{ code: 'BXNIM0420E' }] }];
      return [200, { id: 'ApiKey-1', account_id: ACCOUNT, iam_id: 'IBMid-270003GUSX', name: 'worker' }];
    case 'iam /v1/serviceids':
      return [200, byToken(held.serviceIds, searchParams)];
    case 'iam /v1/policies':
      return [200, { policies: held.policies }];
    case 'resource-controller /v2/resource_groups':
      return [200, { resources: held.resourceGroups }];
    case 'resource-controller /v2/resource_instances':
      return [200, byUrl(held.instances, searchParams)];
    case 'resource-controller /v1/reclamations':
      return [200, { resources: held.reclamations }];
  }
  if (service === 'cis') return cis(held, parts, searchParams);
  if (service === 'dns-svcs') return privateDns(held, parts, searchParams);
  return NOT_FOUND;
}

const NOT_FOUND: [number, unknown] = [
  404,
  { errors: [{ code: 'not_found', message: 'Not found.' }], trace: 't' },
];

function vpc(
  held: Held,
  region: string,
  [kind = '', name]: string[],
  query: URLSearchParams,
): [number, unknown] {
  if (query.get('generation') !== '2' || !query.get('version'))
    return [400, { errors: [{ code: 'bad_field' }] }];
  if (kind === 'regions') {
    const found = held.regions.find((each) => each['name'] === name);
    return found ? [200, found] : NOT_FOUND;
  }
  const all = held.vpc[region]?.[kind] ?? [];
  const [items, next] = slice(all, query.get('start'), Number(query.get('limit')));
  const href = (start: number) =>
    `https://${region}.iaas.cloud.ibm.com/v1/${kind}?limit=${query.get('limit')}&start=${start}`;
  return [
    200,
    {
      [kind]: items,
      limit: Number(query.get('limit')),
      total_count: all.length,
      ...(next && { next: { href: href(next) } }),
    },
  ];
}

function cis(
  held: Held,
  [, crn = '', , zoneId, records]: string[],
  query: URLSearchParams,
): [number, unknown] {
  const zones = held.cis[decodeURIComponent(crn)];
  if (zones === undefined) return NOT_FOUND;
  const all = records
    ? zones.find(({ id }) => id === zoneId)?.records
    : zones.map(({ id, name }) => ({ id, name }));
  if (all === undefined) return NOT_FOUND;
  const [page, size] = [Number(query.get('page')), Number(query.get('per_page'))];
  const result = all.slice((page - 1) * size, page * size);
  return [
    200,
    {
      success: true,
      errors: [],
      result,
      result_info: { page, per_page: size, count: result.length, total_count: all.length },
    },
  ];
}

function privateDns(
  held: Held,
  [, , guid = '', , zoneId, records]: string[],
  query: URLSearchParams,
): [number, unknown] {
  const zones = held.privateDns[guid];
  if (zones === undefined) return NOT_FOUND;
  const all = records
    ? zones.find(({ id }) => id === zoneId)?.records
    : zones.map(({ id, name }) => ({ id, name }));
  if (all === undefined) return NOT_FOUND;
  const [offset, limit] = [Number(query.get('offset')), Number(query.get('limit'))];
  return [
    200,
    { [records ?? 'dnszones']: all.slice(offset, offset + limit), offset, limit, total_count: all.length },
  ];
}

function byToken(all: Item[], query: URLSearchParams): unknown {
  const [items, next] = slice(all, query.get('pagetoken'), Number(query.get('pagesize')));
  const address = 'https://iam.cloud.ibm.com/v1/serviceids';
  return {
    offset: 0,
    limit: 100,
    serviceids: items,
    ...(next && { next: `${address}?pagesize=${query.get('pagesize')}&pagetoken=${next}` }),
  };
}

function byUrl(all: Item[], query: URLSearchParams): unknown {
  const [items, next] = slice(all, query.get('start'), Number(query.get('limit')));
  return {
    rows_count: items.length,
    next_url: next ? `/v2/resource_instances?limit=${query.get('limit')}&start=${next}` : null,
    resources: items,
  };
}

function slice(all: Item[], start: string | null, limit: number): [items: Item[], next: number | undefined] {
  const from = Number(start ?? 0);
  return [all.slice(from, from + limit), from + limit < all.length ? from + limit : undefined];
}

/** A thing of the VPC service. */
export function vpcItem(name: string, more: Item = {}): Item {
  return {
    id: `r006-${name}`,
    crn: `crn:v1:bluemix:public:is:us-south:a/${ACCOUNT}::thing:r006-${name}`,
    name,
    created_at: '2026-01-02T03:04:05Z',
    resource_group: { id: 'group-of-everybody', name: 'Default' },
    ...more,
  };
}

export function instanceItem(service: string, name: string, more: Item = {}): Item {
  const guid = `${GUID}${service.length % 10}-${name}`;
  const crn = `crn:v1:bluemix:public:${service}:global:a/${ACCOUNT}:${guid}::`;
  return {
    id: crn,
    guid,
    crn,
    name,
    region_id: 'global',
    resource_group_id: 'group-of-everybody',
    created_at: '2026-01-02T03:04:05Z',
    ...more,
  };
}

export function serviceIdItem(name: string): Item {
  const id = `ServiceId-${name}`;
  return {
    id,
    iam_id: `iam-${id}`,
    crn: `crn:v1:bluemix:public:iam-identity::a/${ACCOUNT}::serviceid:${id}`,
    name,
    created_at: '2026-01-02T03:04+0000',
  };
}
