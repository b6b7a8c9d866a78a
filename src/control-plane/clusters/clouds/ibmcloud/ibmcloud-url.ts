export interface IbmcloudTarget {
  readonly service: 'iam' | 'resource-controller' | 'cis' | 'dns-svcs' | 'vpc';
  /** Only for VPC, the one regional service. */
  readonly region?: string;
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
}

/** From https://cloud.ibm.com/apidocs. */
const HOSTS = {
  iam: 'https://iam.cloud.ibm.com',
  'resource-controller': 'https://resource-controller.cloud.ibm.com',
  cis: 'https://api.cis.cloud.ibm.com',
  'dns-svcs': 'https://api.dns-svcs.cloud.ibm.com',
} as const;
/** The date selects the form of VPC's responses. */
const VPC_VERSION = { version: '2024-11-12', generation: '2' } as const;

/** @param endpoint URL to use for all services; its paths begin with the service, for VPC followed by the region */
export function ibmcloudUrl(
  { service, region = '', path, query = {} }: IbmcloudTarget,
  endpoint?: string,
): URL {
  const regional = service === 'vpc' ? `/${encodeURIComponent(region)}` : '';
  const base =
    endpoint !== undefined
      ? `${endpoint.replace(/\/$/, '')}/${service}${regional}`
      : service === 'vpc'
        ? `https://${encodeURIComponent(region)}.iaas.cloud.ibm.com`
        : HOSTS[service];
  const url = new URL(`${base}${path}`);
  const all = service === 'vpc' ? { ...VPC_VERSION, ...query } : query;
  for (const [name, value] of Object.entries(all)) url.searchParams.set(name, value);
  return url;
}
