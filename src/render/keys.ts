import type {
  AccessKeyChange,
  AccessKeyDocument,
  AccessKeyPlan,
  NewAccessKey,
  SecretKeysDocument,
} from '../contract/documents.ts';
import { ageColumn } from './format.ts';
import { type ListView, listDocument, listView, type RecordView, recordView } from './view.ts';

/** The table of `ocpctl admin keys list`. */
export function accessKeyList(keys: readonly AccessKeyDocument[], now: Date): ListView<AccessKeyDocument> {
  return listView({
    document: listDocument(keys),
    rows: keys,
    columns: [
      { header: 'ID', text: ({ id }) => id },
      { header: 'PRINCIPAL', text: ({ principal }) => principal },
      { header: 'STATUS', text: statusText },
      ageColumn(({ createdAt }) => createdAt, now),
      { header: 'REVOKED', text: ({ revokedAt }) => revokedAt ?? '', wide: true },
    ],
    name: ({ id }) => id,
    whenEmpty: "No keys. Create one with 'ocpctl admin keys create PRINCIPAL'.",
  });
}

/** The result of `keys create`, the only one that shows the secret. */
export function newAccessKeyRecord(key: NewAccessKey): RecordView {
  return recordView({
    document: key,
    name: key.id,
    blocks: [
      {
        title: 'Key',
        fields: [
          ['Principal', key.principal],
          ['Access key id', key.id],
          ['Secret access key', key.secretAccessKey],
        ],
      },
    ],
  });
}

/** The result of `keys create --dry-run`. */
export function accessKeyPlan(plan: AccessKeyPlan): ListView<AccessKeyPlan> {
  return listView({
    document: plan,
    rows: [plan],
    columns: [
      { header: 'PRINCIPAL', text: ({ principal }) => principal },
      { header: 'CHANGE', text: () => 'WOULD CREATE' },
      { header: 'ACTIVE KEYS', text: ({ activeKeys }) => String(activeKeys), align: 'right' },
    ],
    name: ({ principal }) => principal,
  });
}

/** The result of `keys revoke`. */
export function accessKeyChange(
  change: AccessKeyChange,
  did: 'REVOKED' | 'WOULD REVOKE',
): ListView<AccessKeyChange> {
  return listView({
    document: change,
    rows: [change],
    columns: [
      { header: 'ID', text: ({ key }) => key.id },
      { header: 'PRINCIPAL', text: ({ key }) => key.principal },
      { header: 'CHANGE', text: ({ changed }) => (changed ? did : 'NONE') },
    ],
    name: ({ key }) => key.id,
  });
}

function statusText({ revokedAt }: AccessKeyDocument): string {
  return revokedAt === null ? 'ACTIVE' : 'REVOKED';
}

type Key = SecretKeysDocument['items'][number];

/** The table of `ocpctl admin secrets status` and `rotate`. */
export function secretKeyList(keys: SecretKeysDocument, now: Date): ListView<Key> {
  return listView({
    document: keys,
    rows: keys.items,
    columns: [
      { header: 'KEY', text: ({ id }) => id },
      {
        header: 'CURRENT',
        text: ({ current }) => (current ? 'yes' : 'no'),
        exact: ({ current }) => String(current),
      },
      { header: 'SECRETS', text: ({ secrets }) => String(secrets), align: 'right' },
      ageColumn(({ addedAt }) => addedAt, now),
    ],
    name: ({ id }) => id,
  });
}
