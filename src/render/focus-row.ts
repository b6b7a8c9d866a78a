import type { ApplicationCharge, Charge } from '../contract/documents.ts';

/** A text, a decimal, or null; null is an empty field without quotes. */
export type Cell = string | number | null;

/** What differs between the charges of clusters and of applications. */
export interface FocusRow {
  readonly start: string;
  readonly end: string;
  readonly hours: number;
  readonly cost: number;
  readonly hourlyCost: number;
  readonly priceDate: string | null;
  readonly owner: string;
  readonly team: string;
  readonly account: string;
  readonly description: string;
  readonly provider: { readonly name: string; readonly issuer: string };
  readonly region: string | null;
  readonly resource: { readonly id: string; readonly name: string; readonly type: string };
  readonly service: { readonly name: string; readonly subcategory: string };
  readonly sku: string;
  readonly skuPrice: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly costCenter: string | null;
  readonly workers: number | null;
}

const PROVIDERS = {
  aws: { name: 'AWS', issuer: 'Amazon Web Services, Inc.' },
  ibmcloud: { name: 'IBM Cloud', issuer: 'IBM' },
} as const;
const SANDBOX = { name: 'ocpctl sandbox', issuer: 'ocpctl sandbox' };
/** The hosts of applications belong to who runs the server. */
const HOST = { name: 'ocpctl host', issuer: 'ocpctl host' };

export function focusRow(charge: Charge | ApplicationCharge): FocusRow {
  return 'clusterId' in charge ? rowOfCluster(charge) : rowOfApplication(charge);
}

function rowOfCluster(charge: Charge): FocusRow {
  const { clusterId, name, profile, workers, priceDate, region, version, platform } = charge;
  return {
    ...charge,
    account: charge.cloudAccount ?? `unknown-${platform}`,
    description: `Estimate: OpenShift ${version} cluster ${name}, profile ${profile}, ${workers} workers`,
    provider: charge.mode === 'sandbox' ? SANDBOX : PROVIDERS[platform],
    resource: { id: clusterId, name, type: 'OpenShift cluster' },
    service: { name: 'OpenShift cluster', subcategory: 'Containers' },
    sku: profile,
    skuPrice: `${profile}/${priceDate ?? 'undated'}/${region}/${workers}`,
  };
}

function rowOfApplication(charge: ApplicationCharge): FocusRow {
  const { id, name, type, environment, instanceId, cpus, memoryMb, priceDate } = charge;
  const size = `${cpus} CPU, ${memoryMb} MiB`;
  return {
    ...charge,
    hourlyCost: charge.hourlyCost ?? 0,
    account: 'hosts',
    description: `Estimate: instance ${instanceId} of ${type} ${name} in environment ${environment.name}, ${size}${charge.hourlyCost === null ? ', no price' : ''}`,
    provider: HOST,
    region: null,
    resource: { id, name, type: `Application ${type}` },
    service: { name: 'Applications', subcategory: 'Containers' },
    sku: 'application-instance',
    skuPrice: `application-instance/${priceDate ?? 'undated'}/${cpus}/${memoryMb}`,
    tags: { Environment: environment.name },
    costCenter: null,
    workers: null,
  };
}
