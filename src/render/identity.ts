import type { Identity } from '../contract/documents.ts';
import { type RecordView, recordView } from './view.ts';

/** The blocks of `ocpctl whoami`. */
export function identityRecord(
  identity: Identity,
  connection: { readonly server: string; readonly contextName: string | undefined },
): RecordView {
  const { server } = identity;
  return recordView({
    document: identity,
    name: identity.principal,
    blocks: [
      {
        title: 'Caller',
        fields: [
          ['Name', identity.name],
          ['Principal', identity.principal],
          ['Authentication', identity.authMode],
          ...identity.grants.map(({ role, team }) => ['Grant', `${role} in ${teamText(team)}`] as const),
        ],
      },
      {
        title: 'Server',
        fields: [
          ['URL', connection.server],
          ['Context', connection.contextName ?? ''],
          ['Version', server.version],
          [
            'Mode',
            server.mode === 'sandbox'
              ? 'sandbox: simulated cloud, nothing is billed'
              : 'real: clusters are created in a cloud account and are billed',
          ],
        ],
      },
    ],
  });
}

function teamText(team: string): string {
  return team === '*' ? 'all teams' : `team ${team}`;
}

/** The result of `ocpctl logout`. @param principal null if there was no session */
export function signedOutRecord(
  principal: string | null,
  { server }: { readonly server: string },
): RecordView {
  return recordView({
    document: { principal, server, ended: principal !== null },
    name: principal ?? '',
    blocks: [
      {
        title: 'Signed out',
        fields: [
          ['Server', server],
          ['Principal', principal ?? 'no session'],
        ],
      },
    ],
  });
}
