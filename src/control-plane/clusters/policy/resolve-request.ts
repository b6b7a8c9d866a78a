import { keyLines } from '../../../contract/authorized-keys.ts';
import type { FieldProblem } from '../../../contract/error-codes.ts';
import type { Profile } from '../profiles/profile.ts';
import { clusterNameProblems } from './cluster-name.ts';
import type { ClusterRequest, PolicyCaller, Resolution, ResolvedRequest } from './cluster-request.ts';
import { lifetimeProblems } from './lifetime.ts';
import { optInProblems } from './offhours.ts';
import { resolveOwnership } from './resolve-ownership.ts';
import { setValueProblems } from './set-values.ts';
import { sshKeyProblems } from './ssh-key.ts';
import { userTagProblems } from './tags.ts';
import { workerProblems } from './workers.ts';

/**
 * Applies the defaults of a profile to a request and validates it.
 * @returns the resolved request, or every violation with field, code and allowed values. Quotas are checked in the
 * accepting transaction, where they are locked.
 */
export function resolveRequest(request: ClusterRequest, profile: Profile, caller: PolicyCaller): Resolution {
  const { ownership, problems: ownershipProblems } = resolveOwnership(request, caller);
  const resolved: ResolvedRequest = {
    ...ownership,
    name: request.name,
    profile: profile.name,
    platform: profile.platform,
    version: request.version ?? profile.openshiftVersions.default,
    region: request.region ?? profile.regions.default,
    baseDomain: request.baseDomain ?? profile.baseDomains.default,
    ttlHours: request.ttlHours ?? profile.lifecycle.defaultTTLHours,
    requestedBy: caller.principal,
    userTags: request.tags ?? {},
    // The installer takes only lines with a key.
    sshPublicKey: request.sshPublicKey === undefined ? undefined : keyLines(request.sshPublicKey).join('\n'),
    offhours: request.offhours ?? false,
    onFailure: request.onFailure ?? 'destroy',
    keepaliveMinutes: request.keepaliveMinutes,
    workerReplicas: request.workers ?? profile.compute.workers.replicas,
    setValues: request.set ?? {},
  };
  const violations = [
    ...profileProblems(profile),
    ...clusterNameProblems(resolved.name, resolved.baseDomain, profile.platform),
    ...choiceProblems('version', resolved.version, profile.openshiftVersions.allowlist),
    ...choiceProblems('region', resolved.region, profile.regions.allowlist),
    ...choiceProblems('baseDomain', resolved.baseDomain, profile.baseDomains.allowlist),
    ...workerProblems(profile, resolved.workerReplicas),
    ...lifetimeProblems(profile, resolved.ttlHours, resolved.workerReplicas),
    ...(resolved.offhours ? optInProblems(profile, profile.name) : []),
    ...ownershipProblems,
    ...userTagProblems(profile, resolved.userTags),
    ...setValueProblems(profile, resolved.setValues),
    ...sshKeyProblems(request.sshPublicKey, profile.features.fipsMode),
  ];
  return violations.length > 0 ? { violations } : { resolved };
}

function profileProblems(profile: Profile): FieldProblem[] {
  if (profile.enabled) return [];
  const message = `profile ${profile.name} is disabled on this server; an operator can enable it`;
  return [{ field: 'profile', code: 'PROFILE_DISABLED', message }];
}

function choiceProblems(field: string, value: string, allowed: readonly string[]): FieldProblem[] {
  if (allowed.includes(value)) return [];
  return [
    { field, code: 'NOT_ALLOWED', message: `${field} "${value}" is not allowed by this profile`, allowed },
  ];
}
