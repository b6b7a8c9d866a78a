import { createHash } from 'node:crypto';

/** Said by every command. `endpoint`: of a simulated AWS, when the sandbox has one. */
export function sandboxNotice(endpoint: string | undefined): string {
  return endpoint === undefined
    ? 'This is the ocpctl sandbox: no cloud is touched'
    : `This is the ocpctl sandbox: its cloud is the simulated AWS at ${endpoint}, and no OpenShift is installed`;
}

/** Output of `version`; `argv0` is the path of the executable. */
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
