import { createHash } from 'node:crypto';
import type { JsonObject } from '../objects/kube-object.ts';

/** The Kubernetes release in an OpenShift release: 4.x is built on 1.(x+13). */
export function kubernetesRelease(openshiftVersion: string): string {
  return `1.${Number(openshiftVersion.split('.')[1] ?? 0) + 13}.5`;
}

/** The answer of `/version`. */
export function kubernetesVersion(openshiftVersion: string): JsonObject {
  const release = kubernetesRelease(openshiftVersion);
  const [major = '', minor = ''] = release.split('.');
  return {
    major,
    minor,
    gitVersion: `v${release}`,
    gitCommit: createHash('sha1').update(release).digest('hex'),
    gitTreeState: 'clean',
    buildDate: '2025-11-01T00:00:00Z',
    goVersion: 'go1.24.6',
    compiler: 'gc',
    platform: 'linux/amd64',
  };
}
