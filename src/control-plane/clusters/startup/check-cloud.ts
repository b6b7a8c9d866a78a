import { closestMatch } from '../../../contract/closest-match.ts';
import { SetupError, UnknownNameError } from '../../kernel/errors.ts';
import { CloudError, type PreflightProblem, type PreflightReport } from '../clouds/cloud.ts';
import { preflightRequestOf } from '../jobs/preflight-request.ts';
import { loadProfiles } from '../profiles/load-profiles.ts';
import type { Profile } from '../profiles/profile.ts';
import type { ClusterConfig } from '../settings/cluster-settings.ts';
import { connectClouds } from './connect-clouds.ts';

export interface CloudCheckRequest {
  /** Directory of the profiles that ship; those of the settings are added. */
  readonly shippedProfiles: string;
  readonly cloud: ClusterConfig['clouds'][number];
  readonly region: string;
  /** @default all enabled profiles of the cloud that offer the region */
  readonly profile?: string | undefined;
}

export interface CloudCheck {
  readonly cloud: string;
  readonly region: string;
  /** Null if the cloud rejects the credentials. */
  readonly account: string | null;
  readonly principal: string | null;
  readonly profiles: readonly string[];
  /** Each once, with the profiles that have it. */
  readonly problems: readonly (PreflightProblem & { readonly profiles: readonly string[] })[];
  readonly notes: readonly string[];
}

const PREFLIGHT_TIMEOUT_MS = 300_000;

type Checked = Pick<PreflightReport, 'problems' | 'notes'> & Partial<PreflightReport>;

/**
 * Runs the preflight of a worker on this host for a create by each profile. Creates nothing.
 * @throws UnknownNameError for a region or a profile that there is not, SetupError if no profile is enabled
 */
export async function checkCloud(
  config: ClusterConfig,
  { cloud: kind, region, profile, shippedProfiles }: CloudCheckRequest,
): Promise<CloudCheck> {
  const clouds = connectClouds({ ...config, sandbox: false, clouds: [kind] });
  const cloud = clouds.byKind(kind);
  const loaded = loadProfiles([shippedProfiles, ...config.profileDirs], {
    credentialsModeOf: () => cloud.credentialsMode,
  });
  const profiles = profilesFor(loaded.list(), { cloud: kind, region, profile });
  const reports: { readonly name: string; readonly report: Checked }[] = [];
  // One after the other, because each asks all that a read-back asks.
  for (const each of profiles) {
    const request = preflightRequestOf(cloud, each, {
      region,
      baseDomain: each.baseDomains.default,
      workerReplicas: each.compute.workers.replicas,
      createsInFlight: 0,
    });
    const report = await cloud.preflight(request, AbortSignal.timeout(PREFLIGHT_TIMEOUT_MS)).catch(asReport);
    reports.push({ name: each.name, report });
  }
  const problems = new Map<string, CloudCheck['problems'][number]>();
  for (const { name, report } of reports)
    for (const { code, message, hint, retryable } of report.problems) {
      const others = problems.get(message)?.profiles ?? [];
      problems.set(message, { code, message, hint, retryable, profiles: [...others, name] });
    }
  const [identity] = reports.flatMap(({ report: { account, principal } }) =>
    account === undefined || principal === undefined ? [] : { account, principal },
  );
  return {
    cloud: kind,
    region,
    account: identity?.account ?? null,
    principal: identity?.principal ?? null,
    profiles: profiles.map(({ name }) => name),
    problems: [...problems.values()],
    notes: [...new Set(reports.flatMap(({ report }) => report.notes))],
  };
}

/** Without usable credentials nothing else can be checked. */
function asReport(error: unknown): Checked {
  if (!(error instanceof CloudError)) throw error;
  const { code, message, hint, retryable } = error;
  return { problems: [{ code, message, hint, retryable }], notes: [] };
}

function profilesFor(
  all: readonly Profile[],
  { cloud, region, profile: name }: Omit<CloudCheckRequest, 'shippedProfiles'>,
): Profile[] {
  const ofCloud = all.filter(({ platform }) => platform === cloud);
  const named =
    name === undefined
      ? ofCloud.filter(({ enabled }) => enabled)
      : ofCloud.filter((each) => each.name === name);
  if (named.length === 0) {
    const names = ofCloud.map((each) => each.name);
    if (name === undefined) throw new SetupError(`no profile for ${cloud} is enabled`);
    throw new UnknownNameError(`no profile "${name}" for ${cloud}`, {
      hint: `${closestOf(name, names)}available profiles: ${names.join(', ') || 'none'}`,
    });
  }
  const offering = named.filter(({ regions }) => regions.allowlist.includes(region));
  if (offering.length > 0) return offering;
  const regions = [...new Set(named.flatMap((each) => each.regions.allowlist))].sort();
  throw new UnknownNameError(`no profile offers the region "${region}"`, {
    hint: `${closestOf(region, regions)}regions of ${name ?? `the profiles for ${cloud}`}: ${regions.join(', ')}`,
  });
}

function closestOf(word: string, names: readonly string[]): string {
  const closest = closestMatch(word, names);
  return closest === undefined ? '' : `did you mean ${closest}? `;
}
