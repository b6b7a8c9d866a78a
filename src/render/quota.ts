import type { QuotaDocument } from '../contract/documents.ts';
import { shortDuration } from '../contract/duration.ts';
import { longTime } from './format.ts';
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

function teamFields({ activeClusters, concurrentCreates, createsPerHour }: TeamQuota, now: Date): Field[] {
  const next = createsPerHour?.nextFreeAt;
  return [
    ...(activeClusters ? [usageField('Active clusters', activeClusters)] : []),
    ...(concurrentCreates ? [usageField('Creates in progress', concurrentCreates)] : []),
    ...(createsPerHour ? [usageField('Creates in the last hour', createsPerHour)] : []),
    ...(next === undefined ? [] : [nextField(next, now)]),
  ];
}

function nextField(nextFreeAt: string | null, now: Date): Field {
  return ['Next create free', nextFreeAt === null ? 'now' : longTime(nextFreeAt, now)];
}

function usageField(label: string, { used, limit }: { used: number; limit: number }, more = ''): Field {
  return [label, `${used} of ${limit}${more}`, used >= limit ? 'red' : undefined];
}
