import { readFile } from 'node:fs/promises';
import { ifExists } from '../../kernel/errors.ts';
import { architectureOf } from '../install-config/architecture.ts';
import type { Architecture } from '../install-config/install-config-document.ts';
import type { Profile } from '../profiles/profile.ts';
import { compareVersions } from './installer-version.ts';

/** What the release image of an installer runs on; `multi` contains all architectures. */
export type ReleaseArchitecture = Architecture | 'multi';

/** The installer that a cluster needs. */
export interface InstallerNeed {
  readonly version: string;
  readonly architecture: ReleaseArchitecture;
  /** The FIPS build, `openshift-install-fips`. */
  readonly fips: boolean;
  /** Its own installer is used, which is extracted from it. */
  readonly releaseImage?: string | undefined;
}

/** Since this version the installer checks its own build and its host before it installs a cluster in FIPS mode. */
const FIPS_CHECKED_SINCE = '4.16.0-0';
/** With it the installer skips that check. */
export const SKIP_FIPS_CHECK = 'OPENSHIFT_INSTALL_SKIP_HOSTCRYPT_VALIDATION';

/** @param variables those that the operator gives the installer */
export function installerNeed(
  { compute: { controlPlane, workers }, features, releaseImage }: Profile,
  version: string,
  variables: Readonly<Record<string, string>>,
): InstallerNeed {
  const architectures = new Set(
    [controlPlane, workers].map(({ instanceType }) => architectureOf(instanceType)),
  );
  const [only] = architectures;
  return {
    version,
    // Since 4.18 the installer refuses pools that its release image has no software for.
    architecture: architectures.size > 1 || only === undefined ? 'multi' : only,
    fips:
      features.fipsMode &&
      variables[SKIP_FIPS_CHECK] === undefined &&
      compareVersions(version, FIPS_CHECKED_SINCE) >= 0,
    ...(releaseImage === undefined ? {} : { releaseImage }),
  };
}

/** `4.20.3`, `4.20.3 for arm64 with FIPS`. */
export function describeNeed({
  version,
  architecture,
  fips,
}: Omit<InstallerNeed, 'architecture'> & { readonly architecture: string }): string {
  const release = architecture === 'amd64' ? version : `${version} for ${architecture}`;
  return fips ? `${release} with FIPS` : release;
}

/** @returns whether the kernel of this host runs in FIPS mode. */
export async function isFipsHost(): Promise<boolean> {
  return (await ifExists(readFile('/proc/sys/crypto/fips_enabled', 'utf8')))?.trim() === '1';
}
