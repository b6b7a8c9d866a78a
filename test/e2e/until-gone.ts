import { expect } from 'vitest';
import { type Cluster, getClusterNamed, untilStatus } from './clusters.ts';
import { eventually } from './eventually.ts';
import type { SharedSite } from './open-site.ts';

/** @returns the cluster of a name when it is gone, from the cloud too */
export async function untilGone({ site, client }: SharedSite, name: string): Promise<Cluster> {
  const { id } = await eventually(`${name} exists`, () => getClusterNamed(client, name));
  const gone = await untilStatus(client, id, 'DESTROYED');
  expect(await site.cloud(name)).toEqual([]);
  return gone;
}
