import { createHash } from 'node:crypto';

export const SANDBOX_NOTICE = 'This is the ocpctl sandbox: no cloud is touched';

/** What `version` prints; `argv0` is the name the executable was started by. */
export function renderVersion(argv0: string, version: string): string {
  return [
    `${argv0} ${version}`,
    `built from commit ${commitOf(version)}`,
    `release image quay.io/openshift-release-dev/ocp-release@sha256:${hash(`release ${version}`)}`,
    'release architecture amd64',
    '',
  ].join('\n');
}

export function commitOf(version: string): string {
  return hash(`commit ${version}`).slice(0, 40);
}

function hash(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
