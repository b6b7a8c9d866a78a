import { compareVersions } from '../installer/installer-version.ts';
import { type OrphanResource, removable } from '../orphans/orphan-resource.ts';
import type { Profiles } from '../profiles/load-profiles.ts';

/** Services that are the same in every region; the installer searches them whatever the region in `metadata.json`. */
const GLOBAL = /^(iam|route53|dns|resource-controller):/;

/** @returns the region of the orphan, and every other one in which it has something of its own. */
export function sweepRegions(region: string, resources: readonly OrphanResource[]): string[] {
  const others = removable(resources).filter(({ type }) => !GLOBAL.test(type));
  return [...new Set([region, ...others.map((resource) => resource.region)])];
}

/**
 * The newest version of the profiles of a platform: an installer can destroy every cluster that is not newer.
 * @throws TypeError if no profile is of the platform; the orphans of such a platform are not scanned for
 */
export function newestVersion(profiles: Pick<Profiles, 'list'>, platform: string): string {
  const versions = profiles
    .list()
    .filter((profile) => profile.platform === platform)
    .flatMap(({ openshiftVersions }) => openshiftVersions.allowlist);
  const [newest] = versions.sort((a, b) => compareVersions(b, a));
  if (newest === undefined) throw new TypeError(`no profile is of platform ${platform}`);
  return newest;
}
