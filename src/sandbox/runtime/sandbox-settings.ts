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
  const speedValue = env['OCPCTL_SANDBOX_SPEED'] ?? '1';
  const speed = Number(speedValue);
  const version = env['OCPCTL_SANDBOX_VERSION'] ?? DEFAULT_VERSION;
  if (!Number.isFinite(speed) || speed < 0) {
    throw fatal(
      `invalid OCPCTL_SANDBOX_SPEED "${speedValue}": use 1 for the default speed, 10 for ten times as fast, 0 for no waiting`,
    );
  }
  if (!/^\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?$/.test(version)) {
    throw fatal(`invalid OCPCTL_SANDBOX_VERSION "${version}": use a version like 4.20.3`);
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
  throw fatal('OCPCTL_SANDBOX_CLOUD is not set: set it to the folder of the simulated cloud');
}
