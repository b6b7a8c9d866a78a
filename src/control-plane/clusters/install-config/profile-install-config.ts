import type { CredentialsMode } from '../clouds/cloud.ts';
import { TAG_LIMITS } from '../policy/aws-tags.ts';
import type { PolicyCaller } from '../policy/cluster-request.ts';
import { resolveRequest } from '../policy/resolve-request.ts';
import type { SetValues } from '../policy/set-values.ts';
import { effectiveTags } from '../policy/tags.ts';
import type { Profile } from '../profiles/profile.ts';
import { machineSetPools } from '../profiles/profile-pools.ts';
import { checkInstallConfig } from './check-install-config.ts';
import type { InstallConfigProblem } from './install-config-problem.ts';
import { type ProfileChoice, type ProfileInstallFault, profileField } from './profile-field.ts';
import { iopsProblems } from './rules/aws-limits.ts';
import { rootVolumeProblems } from './rules/platform-aws-pool.ts';
import { settableFaults } from './settable-faults.ts';

const SAMPLE_CALLER: PolicyCaller = {
  principal: 'local:check',
  name: 'check',
  teams: ['team'],
  isAdmin: false,
};
/** The longest name that a cluster can have; the domain may shorten it. */
const LONGEST_NAME = 54;
const LONGEST_DOMAIN = 253;

/**
 * Renders the install-config of a sample request in each region and base domain: the longest name, and as many tags as are allowed.
 * @returns every problem once; one that is not in all regions names its regions
 */
export function profileInstallConfigFaults(
  profile: Profile,
  {
    now,
    credentialsMode,
  }: { readonly now?: Date | undefined; readonly credentialsMode?: CredentialsMode | undefined } = {},
): ProfileInstallFault[] {
  const found = new Map<string, { fault: ProfileInstallFault; regions: Set<string> }>();
  for (const [region, regionName] of profile.regions.allowlist.entries()) {
    for (const baseDomain of profile.baseDomains.allowlist.keys()) {
      const choice = { region, baseDomain, now };
      for (const fault of faultsAt({ ...profile, enabled: true }, choice, credentialsMode)) {
        const key = JSON.stringify(fault);
        const entry = found.get(key) ?? { fault, regions: new Set() };
        found.set(key, { fault, regions: entry.regions.add(regionName) });
      }
    }
  }
  const ofRegions = [...found.values()].map(({ fault, regions }) => {
    const everywhere = regions.size === profile.regions.allowlist.length;
    if (everywhere || fault.path[0] === 'regions') return fault;
    return { ...fault, message: `${fault.message} (in ${[...regions].join(', ')})` };
  });
  const byDefault = {
    region: profile.regions.allowlist.indexOf(profile.regions.default),
    baseDomain: profile.baseDomains.allowlist.indexOf(profile.baseDomains.default),
    now,
  };
  const faultsWith = (set: SetValues) =>
    faultsAt({ ...profile, enabled: true }, byDefault, credentialsMode, set);
  const known = new Set(faultsWith({}).map((fault) => JSON.stringify(fault)));
  const ofSettable = settableFaults(profile, (set) =>
    faultsWith(set).filter((fault) => !known.has(JSON.stringify(fault))),
  );
  return [...ofRegions, ...poolVolumeFaults(profile), ...ofSettable];
}

/** Machine sets are not in the install-config. */
function poolVolumeFaults(profile: Profile): ProfileInstallFault[] {
  return machineSetPools(profile).flatMap((pool) => {
    const problems = [...rootVolumeProblems(pool.rootVolume, ''), ...iopsProblems(pool.rootVolume, '')];
    const index = profile.compute.pools?.indexOf(pool) ?? 0;
    const distinct = new Map(problems.map((problem) => [problem.field.split('.').at(-1) ?? '', problem]));
    return [...distinct].map(([key, { message, fix = 'correct the volume' }]) => ({
      path: ['compute', 'pools', index, 'rootVolume', key],
      message,
      fix,
    }));
  });
}

function faultsAt(
  profile: Profile,
  choice: ProfileChoice & { readonly now: Date | undefined },
  credentialsMode: CredentialsMode | undefined,
  set: SetValues = {},
): ProfileInstallFault[] {
  const region = profile.regions.allowlist[choice.region] ?? '';
  const baseDomain = profile.baseDomains.allowlist[choice.baseDomain] ?? '';
  const name = 'x'.repeat(Math.max(1, Math.min(LONGEST_NAME, LONGEST_DOMAIN - 1 - baseDomain.length)));
  const request = { name, profile: profile.name, region, baseDomain, tags: sampleTags(profile), set };
  const { resolved, violations } = resolveRequest(request, profile, SAMPLE_CALLER);
  if (violations) {
    return violations.map(({ field, message }) => ({
      path: field === 'name' ? ['baseDomains', 'allowlist', choice.baseDomain] : [],
      message: `no request is accepted: ${field}: ${message}`,
      fix: field === 'name' ? 'use a shorter domain' : 'correct the fields of the profile that limit it',
    }));
  }
  const system = {
    installationId: 'ins_check',
    clusterId: 'clu_check',
    clusterName: resolved.name,
    owner: resolved.owner,
    team: resolved.team,
    costCenter: resolved.costCenter,
    ttlExpiry: new Date(0),
    requestId: 'job_check',
  };
  const tags = effectiveTags({ profile, userTags: resolved.userTags, system });
  const problems = checkInstallConfig(
    { resolved, profile, effectiveTags: tags, credentialsMode },
    choice.now,
  );
  return problems.map((problem) => inProfile(problem, profile, choice));
}

/** As many tags as a request can add. */
function sampleTags(profile: Profile): Record<string, string> {
  if (profile.platform !== 'aws' || !profile.tags.allowUserTags) return {};
  const ids = { installationId: '', clusterId: '', requestId: '' };
  const system = { ...ids, clusterName: '', owner: '', team: '', costCenter: '', ttlExpiry: new Date(0) };
  const ours = effectiveTags({ profile, userTags: {}, system });
  const free = Math.max(0, TAG_LIMITS.maxTags - Object.keys(ours).length);
  return Object.fromEntries(Array.from({ length: free }, (_, i) => [`ocpctl-sample-${i}`, 'x']));
}

function inProfile(
  problem: InstallConfigProblem,
  profile: Profile,
  choice: ProfileChoice,
): ProfileInstallFault {
  const { path, fix } = profileField(problem.field, profile, choice);
  return { path, message: problem.message, fix: problem.fix ?? fix, line: problem.line };
}
