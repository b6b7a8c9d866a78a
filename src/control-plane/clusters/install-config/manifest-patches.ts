import type { InstallConfigSpec } from './render-install-config.ts';

/** A file to write to the install directory between `create manifests` and `create ignition-configs`. */
export interface ManifestPatch {
  /** Relative to the install directory. */
  readonly path: string;
  readonly content: string;
}

/**
 * Manifests that replace the installer's. The installer makes the control plane schedulable only if there are no
 * workers; with workers, its scheduler manifest is replaced.
 */
export function manifestPatches(
  spec: Pick<InstallConfigSpec, 'resolved' | 'profile'>,
): readonly ManifestPatch[] {
  const { schedulable } = spec.profile.compute.controlPlane;
  if (!schedulable || spec.resolved.workerReplicas === 0) return [];
  return [{ path: 'manifests/cluster-scheduler-02-config.yml', content: schedulerManifest() }];
}

function schedulerManifest(): string {
  const scheduler = {
    apiVersion: 'config.openshift.io/v1',
    kind: 'Scheduler',
    metadata: { name: 'cluster' },
    spec: { mastersSchedulable: true, policy: { name: '' } },
  };
  return `${JSON.stringify(scheduler, null, 2)}\n`;
}
