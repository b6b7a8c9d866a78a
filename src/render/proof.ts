import type { DestroyStatement } from '../contract/destroy-proof.ts';
import { dateTime } from './format.ts';
import { type RecordView, recordView } from './view.ts';

/** What a verified proof says. */
export function proofRecord(statement: DestroyStatement, keyId: string): RecordView {
  const { cluster, orphan, cloud, destroyedBy, uninstall, readBack } = statement.predicate;
  const requests = readBack?.asked.reduce((sum, { times }) => sum + times, 0) ?? 0;
  return recordView({
    document: { keyId, ...statement },
    name: cluster.name,
    blocks: [
      {
        title: 'Valid proof',
        fields: [
          orphan === undefined
            ? ['Cluster', `${cluster.name} (${cluster.id})`]
            : ['Orphan', `${orphan.infraId} (${cluster.id}), of ${orphan.clusterId ?? 'an unknown cluster'}`],
          ['InfraIDs', cluster.infraIds.join(', ') || 'none'],
          ['Cloud', `${cloud.kind}${cloud.account === null ? '' : `, account ${cloud.account}`}`],
          ...(cloud.hostedZoneAccount === undefined
            ? []
            : [['Hosted zone in', `account ${cloud.hostedZoneAccount}`] as const]),
          [
            'Destroyed by',
            `${destroyedBy.job}, attempt ${destroyedBy.attempt}, for ${destroyedBy.requestedBy}`,
          ],
          ['Uninstall', uninstall],
          ...(readBack === null
            ? ([['Read-back', 'none: nothing had been created']] as const)
            : ([
                ['Read-back', `${dateTime(readBack.startedAt)} to ${dateTime(readBack.finishedAt)}`],
                ['Regions', readBack.regions.join(', ')],
                ['Domain', readBack.domain],
                ['Asked', `${requests} requests, ${readBack.asked.length} different`],
                ['Found', 'nothing'],
              ] as const)),
          ['Signed with', keyId],
        ],
      },
    ],
  });
}
