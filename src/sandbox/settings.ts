import { resolve } from 'node:path';
import { fatal } from './exits.ts';

export interface Settings {
  /** Folder of the simulated cloud; undefined when not set. */
  readonly cloudDir: string | undefined;
  /** How many times as fast as by default; 0: no waiting at all. */
  readonly speed: number;
  /** The OpenShift version that the executable pretends to be. */
  readonly version: string;
}

const DEFAULT_VERSION = '4.20.3';

/** Reads OCPCTL_SANDBOX_CLOUD, OCPCTL_SANDBOX_SPEED and OCPCTL_SANDBOX_VERSION. @throws InstallerExit for nonsense */
export function readSettings(env: Readonly<Record<string, string | undefined>>): Settings {
  const cloudDir = env['OCPCTL_SANDBOX_CLOUD'];
  const speed = Number(env['OCPCTL_SANDBOX_SPEED'] ?? '1');
  const version = env['OCPCTL_SANDBOX_VERSION'] ?? DEFAULT_VERSION;
  if (!Number.isFinite(speed) || speed < 0) {
    throw fatal(
      'OCPCTL_SANDBOX_SPEED must be a number: 1 is the default speed, 10 ten times as fast, 0 no waiting',
    );
  }
  if (!/^\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?$/.test(version)) {
    throw fatal('OCPCTL_SANDBOX_VERSION must be a version like 4.20.3');
  }
  return {
    cloudDir: cloudDir === undefined || cloudDir === '' ? undefined : resolve(cloudDir),
    speed,
    version,
  };
}

/** @throws InstallerExit when the folder is not set: the sandbox has no default cloud. */
export function requireCloudDir({ cloudDir }: Settings): string {
  if (cloudDir !== undefined) return cloudDir;
  throw fatal('OCPCTL_SANDBOX_CLOUD is not set: the sandbox needs the folder of its simulated cloud');
}
