import { resolve } from 'node:path';
import { fatal } from '../failures/command-exit.ts';

export interface SandboxSettings {
  /** Folder of the simulated cloud; undefined if not set. */
  readonly cloudDir: string | undefined;
  /** Factor over the default speed; 0 disables waiting. */
  readonly speed: number;
  /** The OpenShift version that the executable reports. */
  readonly version: string;
}

type Environment = Readonly<Record<string, string | undefined>>;

const DEFAULT_VERSION = '4.20.3';

/**
 * Reads OCPCTL_SANDBOX_CLOUD, OCPCTL_SANDBOX_SPEED and OCPCTL_SANDBOX_VERSION.
 * @throws CommandExit for an invalid value
 */
export function readSandboxSettings(env: Environment): SandboxSettings {
  const cloudDir = env['OCPCTL_SANDBOX_CLOUD'];
  const speed = Number(env['OCPCTL_SANDBOX_SPEED'] ?? '1');
  const version = env['OCPCTL_SANDBOX_VERSION'] ?? DEFAULT_VERSION;
  if (!Number.isFinite(speed) || speed < 0) {
    throw fatal(
      'OCPCTL_SANDBOX_SPEED must be a number: 1 is the default speed, 10 is ten times as fast, 0 disables waiting',
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

/** @throws CommandExit if the folder is not set: the sandbox has no default cloud. */
export function requireCloudDir(cloudDir: SandboxSettings['cloudDir']): string {
  if (cloudDir !== undefined) return cloudDir;
  throw fatal('OCPCTL_SANDBOX_CLOUD is not set: the sandbox needs the folder of its simulated cloud');
}
