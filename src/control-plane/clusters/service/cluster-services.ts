import type { Db } from '../../kernel/db/db.ts';
import type { NewId } from '../../kernel/ids.ts';
import type { JobQueue } from '../../kernel/jobs/queue.ts';
import type { SecretStore } from '../../kernel/secrets/secret-store.ts';
import type { Clouds } from '../clouds/clouds.ts';
import type { Profiles } from '../profiles/load-profiles.ts';
import type { Prices } from '../usage/prices.ts';

export interface TeamLimits {
  readonly activeClusters: number;
  readonly concurrentCreates: number;
  readonly createsPerHour: number;
}

/** What the operations and jobs of the module work with. */
export interface ClusterServices {
  readonly db: Db;
  readonly queue: JobQueue;
  readonly secrets: SecretStore;
  readonly profiles: Profiles;
  readonly prices: Prices;
  readonly clouds: Clouds;
  readonly limits: TeamLimits;
  readonly newId: NewId;
  /** In the tags of every cluster; a scan of the cloud tells by it whose a resource is. */
  readonly installationId: string;
  readonly breakGlass: BreakGlass;
  readonly orphans: OrphanRules;
}

/** When resources without a living cluster are orphans, and how many may be swept at once. */
export interface OrphanRules {
  readonly confirmMs: number;
  readonly minAgeMs: number;
  readonly sweepLimit: number;
}

/** Secrets that a cluster owns. */
export const SECRET_KINDS = ['kubeconfig', 'kubeadmin-password'] as const;
/** User and password of the URLs in the profile that a cluster was accepted with. */
export const PROFILE_CREDENTIALS = 'profile-credentials';
export type SecretKind = (typeof SECRET_KINDS)[number];

/** What reading a secret needs: nothing for the owner's team, a reason, or the approval of another person. */
export type SecretAccessPolicy = 'none' | 'reason' | 'approval';

export interface BreakGlass {
  readonly policies: Readonly<Record<SecretKind, SecretAccessPolicy>>;
  /** Secrets that one principal may read. */
  readonly accessesPerHour: number;
}
