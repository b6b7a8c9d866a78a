import { expect, inject, vi } from 'vitest';
import { writeInstaller, writePullSecret } from '../e2e/installer-files.ts';
import { openSite } from '../e2e/open-site.ts';
import type { Cluster, Site } from '../e2e/site.ts';
import { type AwsBench, CREDENTIALS, REGION } from './kit.ts';

// Some hundred calls for each create and destroy, and moto answers one after the other: minutes on a busy machine.
vi.setConfig({ testTimeout: 900_000 });

/** A site whose servers run without --sandbox: their AWS is moto, and so is that of the stand-in installer. */
export function openInstallation({ direct }: AwsBench, settings: NodeJS.ProcessEnv = {}): Site {
  const site = openSite({
    AWS_ACCESS_KEY_ID: CREDENTIALS.accessKeyId,
    AWS_SECRET_ACCESS_KEY: CREDENTIALS.secretAccessKey,
    AWS_EC2_METADATA_DISABLED: 'true',
    OCPCTL_AWS_REGION: REGION,
    OCPCTL_AWS_ENDPOINT: direct.endpoint,
    OCPCTL_AWS_SETTLE_MS: '100',
    OCPCTL_INSTALLER_MIRROR: 'none',
    // moto takes its time on a busy machine, and the renewal of a lease waits behind it.
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
