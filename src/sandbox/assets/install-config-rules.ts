import { X509Certificate } from 'node:crypto';
import type { InstallConfig } from './install-config.ts';

/** Names of compute pools that the installer knows; more pools are machine sets beside its own. */
export function computePoolProblems({ compute, platform }: InstallConfig): string[] {
  const known = platform.aws ? ['worker', 'edge'] : ['worker'];
  const supported = known.map((name) => `"${name}"`).join(', ');
  return (compute ?? []).flatMap(({ name = '', platform: machine }, index) => {
    const field = `compute[${index}]`;
    const repeated = (compute ?? []).slice(0, index).some((earlier) => earlier.name === name);
    if (!known.includes(name))
      return [`${field}.name: Unsupported value: "${name}": supported values: ${supported}`];
    return [
      ...(repeated ? [`${field}.name: Duplicate value: "${name}"`] : []),
      ...(name === 'edge' ? edgeProblems(machine?.aws?.zones ?? [], `${field}.platform.aws.zones`) : []),
    ];
  });
}

/** Local and wavelength zones: `us-east-1-bos-1a`, `us-east-1-wl1-bos-wlz-1`. */
const EDGE_ZONE = /^[a-z]{2}(-[a-z]+)+-\d-[a-z0-9]+(-[a-z0-9]+)*-\d+[a-z]?$/;

function edgeProblems(zones: readonly string[], field: string): string[] {
  if (zones.length === 0) return [`${field}: Required value: zone is required`];
  const wrong = zones.filter((zone) => !EDGE_ZONE.test(zone));
  return wrong.map((zone) => `${field}: Invalid value: "${zone}": not a local or wavelength zone`);
}

export function proxyFieldProblems(proxy: InstallConfig['proxy']): string[] {
  if (!proxy) return [];
  const { httpProxy, httpsProxy } = proxy;
  if (!httpProxy && !httpsProxy) return ['proxy: Required value: must include httpProxy or httpsProxy'];
  return [
    ...addressProblems('proxy.httpProxy', httpProxy, ['http']),
    ...addressProblems('proxy.httpsProxy', httpsProxy, ['http', 'https']),
  ];
}

/** The real installer repeats the address, password included. */
function addressProblems(
  field: string,
  address: string | null | undefined,
  schemes: readonly string[],
): string[] {
  if (!address) return [];
  if (!URL.canParse(address)) return [`${field}: Invalid value: "${address}": parse error`];
  const scheme = new URL(address).protocol.slice(0, -1);
  if (schemes.includes(scheme)) return [];
  const supported = schemes.map((name) => `"${name}"`).join(', ');
  return [`${field}: Unsupported value: "${scheme}": supported values: ${supported}`];
}

export function trustBundleFieldProblems({
  additionalTrustBundle: bundle,
  additionalTrustBundlePolicy: policy,
}: InstallConfig): string[] {
  const isKnown = !policy || policy === 'Proxyonly' || policy === 'Always';
  return [
    ...(bundle && !isBundle(bundle) ? ['additionalTrustBundle: Invalid value: invalid block'] : []),
    ...(isKnown
      ? []
      : [`additionalTrustBundlePolicy: Invalid value: "${policy}": supported values: "Proxyonly", "Always"`]),
  ];
}

function isBundle(text: string): boolean {
  const blocks = text.split(/(?<=^-----END [^\n]+-----\r?\n?)/m).filter((block) => block.trim() !== '');
  return blocks.every((block) => {
    try {
      return new X509Certificate(block).serialNumber !== '';
    } catch {
      return false;
    }
  });
}
