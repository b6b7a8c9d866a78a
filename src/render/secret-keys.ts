import type { SecretKeysDocument } from '../contract/documents.ts';
import { age } from './time-format.ts';
import { type ListView, listView } from './view.ts';

type Key = SecretKeysDocument['items'][number];

/** The table of `ocpctl admin secrets status` and `rotate`. */
export function secretKeyList(keys: SecretKeysDocument, now: Date): ListView<Key> {
  return listView({
    document: keys,
    rows: keys.items,
    columns: [
      { header: 'KEY', text: ({ id }) => id },
      { header: 'CURRENT', text: ({ current }) => (current ? 'yes' : 'no') },
      { header: 'SECRETS', text: ({ secrets }) => String(secrets), align: 'right' },
      {
        header: 'AGE',
        text: ({ addedAt }) => (addedAt === null ? '' : age(addedAt, now)),
        exact: ({ addedAt }) => addedAt ?? '',
      },
    ],
    name: ({ id }) => id,
  });
}
