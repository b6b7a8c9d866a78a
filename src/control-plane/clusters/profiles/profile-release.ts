import * as z from 'zod';
import { withFix } from './profile-problem.ts';

/** A nightly or CI build: it is in no mirror of releases, and its name may be removed from the registry that has it. */
const BUILD = /-0\.(?:nightly|ci)\b/;

/** `4.20.3`, `4.21.0-rc.1`, or with a release image `4.21.0-0.nightly-2026-11-20-123456`. */
export const version = z
  .string()
  .regex(
    /^4\.\d{1,3}\.\d{1,3}(?:-(?:ec|fc|rc)\.\d{1,3}|-0\.(?:nightly|ci)(?:-[a-z0-9]{1,10})?(?:-\d{2,6}){4})?$/,
    withFix('is not an exact OpenShift release', 'use one such as "4.20.3"'),
  );

/** By digest only: what a tag names changes, and a cluster is installed from what was accepted. */
export const releaseImage = z
  .string()
  .max(400)
  .regex(
    /^[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?(?::\d{1,5})?(?:\/[a-z0-9]+(?:[._-]+[a-z0-9]+)*)+@sha256:[0-9a-f]{64}$/,
    withFix(
      'is not a release image by digest',
      'use REGISTRY/REPOSITORY@sha256:DIGEST; `oc adm release info TAG` prints the digest of a tag',
    ),
  )
  .meta({
    description:
      'The release image to install, by digest, for a nightly build or a mirror (default: that of the installer)',
  });

interface ReleaseFields {
  readonly releaseImage?: string | undefined;
  readonly openshiftVersions: { readonly allowlist: readonly string[] };
}

/** An image is one version. */
export function releaseFaults({
  releaseImage: image,
  openshiftVersions: { allowlist },
}: ReleaseFields): { readonly path: (string | number)[]; readonly message: string }[] {
  if (image === undefined) {
    return allowlist.flatMap((name, index) => {
      if (!BUILD.test(name)) return [];
      const message = withFix('is a build that no mirror has', 'set releaseImage to its image');
      return [{ path: ['openshiftVersions', 'allowlist', index], message }];
    });
  }
  if (allowlist.length === 1) return [];
  const message = withFix(
    `has ${allowlist.length} versions, and releaseImage is one release`,
    'keep the version of the image',
  );
  return [{ path: ['openshiftVersions', 'allowlist'], message }];
}
