import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { createAppDirectory, removeAppDirectory } from '../e2e/app-directory.ts';
import { Site } from '../e2e/site.ts';

/** A sandbox with room for an attacker: what is limited by the minute or the hour is tested elsewhere, and would hide the rest. */
export class AttackedSite extends Site {
  readonly #appDirectory: string;

  constructor() {
    const appDirectory = createAppDirectory();
    super({
      OCPCTL_APP_DIR: appDirectory,
      OCPCTL_LEASE_MS: '30000',
      OCPCTL_REQUESTS_PER_MINUTE: '1000000',
      OCPCTL_REQUEST_BURST: '1000000',
      OCPCTL_UNAUTHENTICATED_PER_MINUTE: '1000000',
      OCPCTL_SECRET_ACCESSES_PER_HOUR: '1000000',
      OCPCTL_TEAM_CREATES_PER_HOUR: '10000',
      OCPCTL_TEAM_ACTIVE_CLUSTERS: '500',
      OCPCTL_TEAM_CONCURRENT_CREATES: '500',
    });
    this.#appDirectory = appDirectory;
  }

  /** What an attacker has created runs on when its server ends. */
  override async close(): Promise<void> {
    await Promise.all(this.servers.map((server) => server.kill()));
    await removeAppDirectory(this.#appDirectory);
    await super.close();
  }

  /** The key that the first start made. */
  credentials(): { accessKeyId: string; secretAccessKey: string } {
    const config = readFileSync(join(this.folder, 'config', 'config.json'), 'utf8');
    return JSON.parse(config).contexts.local;
  }
}

/** For one test; afterwards nothing of it is left. */
export function openSecuritySite(): AttackedSite {
  const site = new AttackedSite();
  onTestFinished(() => site.close(), 120_000);
  return site;
}
