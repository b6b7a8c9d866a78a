import * as z from 'zod';
import { isAligned, networksOverlap, parseNetwork } from '../../kernel/ip-network.ts';

const IPV4_CIDR = /^(\d{1,3}\.){3}\d{1,3}\/\d{1,2}$/;

const cidr = z
  .string()
  .regex(IPV4_CIDR, 'must be an IPv4 network such as 10.0.0.0/16')
  .refine((text) => isNetworkAddress(text), 'must be a network address, without bits outside its prefix');

/** The networks of a profile. These rules give the line of the file; the validator of the install-config has more. */
export const networkingSchema = z
  .strictObject({
    networkType: z.literal('OVNKubernetes'),
    clusterNetworks: z.array(z.strictObject({ cidr, hostPrefix: z.int().min(1).max(32) })).min(1),
    serviceNetwork: z.array(cidr).length(1),
    machineNetwork: z.array(z.strictObject({ cidr })).min(1),
  })
  .refine((value) => value.clusterNetworks.every(hasRoomForNodes), {
    path: ['clusterNetworks'],
    message: 'hostPrefix must not be shorter than the prefix of its network',
  })
  .superRefine((value, context) => {
    const pair = overlappingPair([
      ...value.clusterNetworks.map((entry) => entry.cidr),
      ...value.serviceNetwork,
      ...value.machineNetwork.map((entry) => entry.cidr),
    ]);
    if (pair !== undefined)
      context.addIssue({ code: 'custom', path: [], message: `${pair.join(' and ')} overlap` });
  });

function isNetworkAddress(text: string): boolean {
  const network = parseNetwork(text);
  return network !== undefined && isAligned(network) && network.address.value !== 0n;
}

function hasRoomForNodes(entry: { readonly cidr: string; readonly hostPrefix: number }): boolean {
  return entry.hostPrefix >= (parseNetwork(entry.cidr)?.prefix ?? 0);
}

function overlappingPair(texts: readonly string[]): readonly [string, string] | undefined {
  const networks = texts.map(parseNetwork).filter((network) => network !== undefined);
  for (const [index, network] of networks.entries()) {
    const other = networks.slice(0, index).find((earlier) => networksOverlap(earlier, network));
    if (other !== undefined) return [other.text, network.text];
  }
  return undefined;
}
