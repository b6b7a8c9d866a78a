import type { Db } from '../../kernel/db/db.ts';
import type { NewId } from '../../kernel/ids.ts';
import type { JobQueue } from '../../kernel/jobs/queue.ts';
import type { SecretStore } from '../../kernel/secrets/secret-store.ts';
import type { Clouds } from '../clouds/clouds.ts';
import type { Profiles } from '../profiles/load-profiles.ts';
import type { PriceTable } from '../usage/prices.ts';

export interface TeamLimits {
  readonly activeClusters: number;
  readonly concurrentCreates: number;
  readonly createsPerHour: number;
}

/** What the cluster wing works with; made once, by the composition root. */
export interface ClusterServices {
  readonly db: Db;
  readonly queue: JobQueue;
  readonly secrets: SecretStore;
  readonly profiles: Profiles;
  readonly prices: PriceTable;
  readonly clouds: Clouds;
  readonly limits: TeamLimits;
  readonly newId: NewId;
  readonly breakGlass: BreakGlass;
}

/** Secrets that a cluster owns. */
export const SECRET_KINDS = ['kubeconfig', 'kubeadmin-password'] as const;
export type SecretKind = (typeof SECRET_KINDS)[number];

/** What opening a secret takes: nothing for the owner's team, a reason, or the approval of somebody else. */
export type SecretAccessPolicy = 'none' | 'reason' | 'approval';

export interface BreakGlass {
  readonly policies: Readonly<Record<SecretKind, SecretAccessPolicy>>;
  /** Openings of one principal. */
  readonly accessesPerHour: number;
}
