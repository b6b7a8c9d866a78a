import type { CredentialsMode } from '../clouds/cloud.ts';
import type { PolicyCaller } from '../policy/cluster-request.ts';
import { resolveRequest } from '../policy/resolve-request.ts';
import { effectiveTags } from '../policy/tags.ts';
import type { Profile } from '../profiles/profile.ts';
import type { InstallConfigProblem } from './install-config-problem.ts';
import { type InstallConfigSpec, renderInstallConfig } from './render-install-config.ts';
import { validateInstallConfig } from './validate-install-config.ts';

/** Valid in form. The real pull secret is only read by the create job. */
const PLACEHOLDER_PULL_SECRET = '{"auths":{"registry.invalid":{"auth":"cGxhY2Vob2xkZXI="}}}';
const PLACEHOLDER_CALLER: PolicyCaller = {
  principal: 'local:check',
  name: 'check',
  teams: ['team'],
  isAdmin: false,
};

/** @returns what the installer would reject in the install-config of a create; the pull secret is not checked. */
export function checkInstallConfig(spec: Omit<InstallConfigSpec, 'pullSecret'>): InstallConfigProblem[] {
  return validateInstallConfig(renderInstallConfig({ ...spec, pullSecret: PLACEHOLDER_PULL_SECRET }));
}

/**
 * Checks that clusters can be created from a profile, in each of its regions and base domains.
 * @returns every problem once, with the field of the install-config or of the request
 */
export function checkProfileInstallConfig(profile: Profile, credentialsMode?: CredentialsMode): string[] {
  const problems = profile.regions.allowlist.flatMap((region) =>
    profile.baseDomains.allowlist.flatMap((baseDomain) =>
      problemsIn({ ...profile, enabled: true }, { region, baseDomain }, credentialsMode),
    ),
  );
  return [...new Set(problems)];
}

function problemsIn(
  profile: Profile,
  choice: { readonly region: string; readonly baseDomain: string },
  credentialsMode: CredentialsMode | undefined,
): string[] {
  const request = { name: 'check', profile: profile.name, ...choice };
  const { resolved, violations } = resolveRequest(request, profile, PLACEHOLDER_CALLER);
  if (violations) {
    return violations.map(({ field, message }) => `no request is accepted: ${field}: ${message}`);
  }
  const system = {
    clusterId: 'clu_check',
    clusterName: resolved.name,
    owner: resolved.owner,
    team: resolved.team,
    costCenter: resolved.costCenter,
    ttlExpiry: new Date(0),
    requestId: 'job_check',
  };
  const tags = effectiveTags({ profile, userTags: {}, system });
  return checkInstallConfig({
    resolved,
    profile,
    effectiveTags: tags,
    credentialsMode,
  }).map(({ field, message }) => `the install-config is invalid: ${field}: ${message}`);
}
