import type { InstallConfigSpec } from '../../../../src/control-plane/clusters/install-config/render-install-config.ts';
import type { ClusterRequest } from '../../../../src/control-plane/clusters/policy/cluster-request.ts';
import { resolveRequest } from '../../../../src/control-plane/clusters/policy/resolve-request.ts';
import { effectiveTags } from '../../../../src/control-plane/clusters/policy/tags.ts';
import type { Profile } from '../../../../src/control-plane/clusters/profiles/profile.ts';
import { alice, request } from '../policy/example.ts';

export const PULL_SECRET = '{"auths":{"quay.io":{"auth":"aHVudGVyMjpodW50ZXIy"}}}';

/** @returns what a request under a profile is rendered from, with fixed ids and times; tags only on AWS. */
export function specOf(profile: Profile, more: Partial<ClusterRequest> = {}): InstallConfigSpec {
  const { resolved, violations } = resolveRequest(
    request({ profile: profile.name, ...more, ...(profile.platform === 'ibmcloud' && { tags: {} }) }),
    profile,
    alice,
  );
  if (resolved === undefined) throw new Error(JSON.stringify(violations));
  const system = {
    installationId: 'ins_01k4qqz3v7m2n5p8r1t4w6y9ab',
    clusterId: 'clu_01hzzzzzzzzzzzzzzzzzzzzzzz',
    clusterName: resolved.name,
    owner: resolved.owner,
    team: resolved.team,
    costCenter: resolved.costCenter,
    ttlExpiry: new Date('2026-11-25T12:00:00Z'),
    requestId: 'job_01hzzzzzzzzzzzzzzzzzzzzzzz',
  };
  return {
    resolved,
    profile,
    effectiveTags: effectiveTags({ profile, userTags: resolved.userTags, system }),
    pullSecret: PULL_SECRET,
  };
}
