import { expect, inject, vi } from 'vitest';
import type { Cluster } from '../e2e/clusters.ts';
import { writeInstaller, writePullSecret } from '../e2e/installer-files.ts';
import { openSite } from '../e2e/open-site.ts';
import type { Site } from '../e2e/site.ts';
import { CREDENTIALS, type MotoFixture, REGION } from './kit.ts';

// Each create and destroy makes hundreds of calls, which moto answers sequentially: minutes on a busy machine.
vi.setConfig({ testTimeout: 900_000 });

/** A site whose servers run without --sandbox; their AWS and that of the stand-in installer is moto. */
export function openInstallation({ direct }: MotoFixture, settings: NodeJS.ProcessEnv = {}): Site {
  const site = openSite({
    AWS_ACCESS_KEY_ID: CREDENTIALS.accessKeyId,
    AWS_SECRET_ACCESS_KEY: CREDENTIALS.secretAccessKey,
    AWS_EC2_METADATA_DISABLED: 'true',
    OCPCTL_AWS_REGION: REGION,
    OCPCTL_AWS_ENDPOINT: direct.endpoint,
    OCPCTL_AWS_SETTLE_MS: '100',
    OCPCTL_INSTALLER_MIRROR: 'none',
    // moto is slow on a busy machine, which delays lease renewals.
    OCPCTL_LEASE_MS: '20000',
    OCPCTL_SANDBOX_AWS_ENDPOINT: direct.endpoint,
    ...settings,
  });
  site.env['OCPCTL_SANDBOX_CLOUD'] = site.cloudDir;
  site.env['OCPCTL_PULL_SECRET_FILE'] = writePullSecret(site.folder);
  site.env['OCPCTL_INSTALLERS'] = writeInstaller(site.folder, '4.20.3', inject('standIn'));
  return site;
}

/** `ocpctl create NAME --wait`. @returns the cluster, which is READY and has an infraID */
export async function createReady(site: Site, name: string): Promise<Cluster & { infraId: string }> {
  const flags = ['--profile', 'aws-minimal-test', '--region', REGION, '--wait', '--json'];
  const { code, stdout, stderr } = await site.cli('create', name, ...flags);
  expect(code, stderr).toBe(0);
  const { cluster } = JSON.parse(stdout) as { cluster: Cluster };
  const { status, mode, infraId } = cluster;
  expect({ status, mode }).toEqual({ status: 'READY', mode: 'real' });
  return { ...cluster, infraId: String(infraId) };
}

export async function destroyNow(site: Site, name: string): Promise<void> {
  const { code, stderr } = await site.cli('destroy', name, '--yes', '--wait');
  expect(code, stderr).toBe(0);
}
