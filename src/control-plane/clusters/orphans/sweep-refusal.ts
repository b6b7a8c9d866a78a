import type { OrphanRules } from '../service/cluster-services.ts';
import type { OrphanRow } from '../store/orphans.sql.ts';
import { type InfraOwner, type KnownClusters, livingInDomain } from './orphan-owner.ts';
import { type OrphanResource, orphanResourcesSchema, removable } from './orphan-resource.ts';

/** Why an orphan is not swept. */
export interface SweepRefusal {
  readonly code:
    | 'ORPHAN_CHANGED'
    | 'ORPHAN_IN_USE'
    | 'ORPHAN_NAME_IN_USE'
    | 'ORPHAN_NOT_OURS'
    | 'ORPHAN_NOT_CONFIRMED'
    | 'ORPHAN_BLOCKED';
  readonly message: string;
}

/** What is known about an orphan at the moment of the decision: when a sweep is requested, and again before anything is removed. */
export interface SweepFacts {
  readonly owner: InfraOwner;
  readonly resources: readonly OrphanResource[];
  readonly known: Pick<KnownClusters, 'living'>;
  /** Of the database. */
  readonly now: Date;
}

const MAX_NAMED = 3;

/** @returns undefined if everything is still as it was when the scans found it, and nothing of others would be touched (G5). */
export function sweepRefusal(
  row: OrphanRow,
  facts: SweepFacts,
  rules: OrphanRules,
): SweepRefusal | undefined {
  const { infraId } = row;
  if (facts.owner.kind === 'living')
    return refused('ORPHAN_IN_USE', `${infraId} belongs to the living cluster ${facts.owner.clusterId}`);
  // Once nothing is left, nothing has a tag.
  const isGone = removable(facts.resources).length === 0;
  if (row.ownership !== 'OURS' || (facts.owner.kind !== 'ours' && !isGone))
    return refused('ORPHAN_NOT_OURS', `the tags of ${infraId} do not say that this installation made it`);
  if (row.ignoredAt !== null) return refused('ORPHAN_NOT_CONFIRMED', `${infraId} is ignored`);
  const unconfirmed = unconfirmedReason(row, facts.now, rules);
  if (unconfirmed !== undefined) return refused('ORPHAN_NOT_CONFIRMED', `${infraId} ${unconfirmed}`);
  const namesake = livingInDomain({ name: row.clusterName, baseDomain: row.baseDomain }, facts.known.living);
  if (namesake !== undefined) {
    const message = `the cluster ${namesake.clusterId} is named ${namesake.name} too: their DNS records could not be told apart`;
    return refused('ORPHAN_NAME_IN_USE', message);
  }
  return changedReason(row, facts) ?? blockedReason(facts.resources);
}

function unconfirmedReason(
  row: OrphanRow,
  now: Date,
  { confirmMs, minAgeMs }: OrphanRules,
): string | undefined {
  if (row.sightings < 2 || row.lastSeenAt.getTime() - row.firstSeenAt.getTime() < confirmMs)
    return `was seen ${row.sightings === 1 ? 'once' : `${row.sightings} times`}: two sightings ${hours(confirmMs)} apart are needed`;
  if (now.getTime() - row.oldestAt.getTime() < minAgeMs)
    return `is younger than ${hours(minAgeMs)}: an installation may still be running`;
  return undefined;
}

const hours = (ms: number) => `${Math.round((ms / 3_600_000) * 100) / 100} hours`;

/** What is gone already does not matter: a region may have been swept before. */
function changedReason(row: OrphanRow, { resources }: SweepFacts): SweepRefusal | undefined {
  const seen = new Map(orphanResourcesSchema.parse(row.resources).map(({ arn, region }) => [arn, region]));
  const added = resources.filter(({ arn, region }) => seen.get(arn) !== region);
  return added.length === 0
    ? undefined
    : refused('ORPHAN_CHANGED', `${row.infraId} has resources that no scan has seen there: ${named(added)}`);
}

function blockedReason(resources: readonly OrphanResource[]): SweepRefusal | undefined {
  const blockers = resources.filter(({ blocks }) => blocks);
  return blockers.length === 0
    ? undefined
    : refused('ORPHAN_BLOCKED', `what others own would be removed or in the way: ${named(blockers)}`);
}

function named(resources: readonly OrphanResource[]): string {
  const shown = resources
    .slice(0, MAX_NAMED)
    .map(({ type, id, note }) => `${type} ${id}${note === null ? '' : ` (${note})`}`);
  const more = resources.length > MAX_NAMED ? ` and ${resources.length - MAX_NAMED} more` : '';
  return `${shown.join(', ')}${more}`;
}

const refused = (code: SweepRefusal['code'], message: string): SweepRefusal => ({ code, message });
