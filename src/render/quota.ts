import type { QuotaDocument } from '../contract/documents.ts';
import { shortDuration } from '../contract/duration.ts';
import { formatDollars, longTime } from './format.ts';
import type { Style } from './paint.ts';
import { type RecordView, recordView } from './view.ts';

type TeamQuota = QuotaDocument['items'][number];
type Field = readonly [label: string, value: string, style?: Style | undefined];

/** The blocks of `ocpctl quota`: the caller's requests, then each team. */
export function quotaRecord(quota: QuotaDocument, now: Date): RecordView {
  const { principal, requests } = quota.principal;
  const back = requests.used === 0 ? '' : `, full in ${shortDuration(requests.resetSeconds * 1000)}`;
  return recordView({
    document: quota,
    name: principal,
    blocks: [
      {
        title: principal,
        fields: [usageField('Requests', requests, `; refilled at ${requests.perMinute} a minute${back}`)],
      },
      ...quota.items.map((team) => ({ title: `Team ${team.team}`, fields: teamFields(team, now) })),
    ],
  });
}

function teamFields(
  { activeClusters, concurrentCreates, createsPerHour, budget, ...team }: TeamQuota,
  now: Date,
): Field[] {
  const next = createsPerHour?.nextFreeAt;
  return [
    ...(activeClusters ? [usageField('Active clusters', activeClusters)] : []),
    ...(concurrentCreates ? [usageField('Creates in progress', concurrentCreates)] : []),
    ...(createsPerHour ? [usageField('Creates in the last hour', createsPerHour)] : []),
    ...(next === undefined ? [] : [nextField(next, now)]),
    ...(budget ? [budgetField(budget)] : []),
    ...(team.appServices ? [usageField('Services', team.appServices)] : []),
    ...(team.appInstances ? [usageField('Instances', team.appInstances)] : []),
    ...(team.appMemoryMb ? [usageField('Memory of instances (MiB)', team.appMemoryMb)] : []),
    ...(team.appVolumeGib ? [usageField('Volumes (GiB)', team.appVolumeGib)] : []),
  ];
}

function budgetField(budget: NonNullable<TeamQuota['budget']>): Field {
  return ['Budget of this month', budgetText(budget), budget.spent >= budget.monthly ? 'red' : undefined];
}

/** `$300.00 of $500.00 spent (60%), $80.00 more this month for what exists (estimates)` */
function budgetText({ monthly, spent, committed, denyCreates }: NonNullable<TeamQuota['budget']>): string {
  const percent = Math.floor((spent / monthly) * 100);
  const refusal = denyCreates ? '; creates that would exceed it are refused' : '';
  return `${formatDollars(spent)} of ${formatDollars(monthly)} spent (${percent}%), ${formatDollars(committed)} more this month for what exists (estimates)${refusal}`;
}

function nextField(nextFreeAt: string | null, now: Date): Field {
  return ['Next create free', nextFreeAt === null ? 'now' : longTime(nextFreeAt, now)];
}

function usageField(label: string, { used, limit }: { used: number; limit: number }, more = ''): Field {
  return [label, `${used} of ${limit}${more}`, used >= limit ? 'red' : undefined];
}

/** The budgets of teams, for below a report. */
export function budgetLines({ items }: QuotaDocument): string[] {
  return items.flatMap(({ team, budget }) => (budget ? [`Budget of ${team}: ${budgetText(budget)}`] : []));
}
