import { type ListView, listDocument, listView } from './view.ts';

export interface SettingRow {
  readonly name: string;
  readonly value: string;
  readonly source: string;
}

/** The table of `ocpctl config list`: KEY VALUE SOURCE. */
export function settingList(settings: readonly SettingRow[]): ListView<SettingRow> {
  return listView({
    document: listDocument(settings),
    rows: settings,
    columns: [
      { header: 'KEY', text: ({ name }) => name },
      { header: 'VALUE', fit: 'never', text: ({ value }) => value },
      { header: 'SOURCE', text: ({ source }) => source },
    ],
    name: ({ name }) => name,
  });
}

export interface ContextRow {
  readonly name: string;
  readonly current: boolean;
  readonly server: string;
  readonly region: string | null;
  readonly auth: 'keys' | 'sts';
  readonly accessKeyId: string | null;
  readonly awsProfile: string | null;
}

/** The table of `ocpctl context list`. No format shows secret keys. */
export function contextList(contexts: readonly ContextRow[]): ListView<ContextRow> {
  return listView({
    document: listDocument(contexts),
    rows: contexts,
    columns: [
      {
        header: 'CURRENT',
        text: ({ current }) => (current ? '*' : ''),
        exact: ({ current }) => String(current),
      },
      { header: 'NAME', text: ({ name }) => name },
      { header: 'SERVER', text: ({ server }) => server },
      { header: 'REGION', text: ({ region }) => region ?? '' },
      { header: 'AUTH', text: ({ auth }) => auth },
      {
        header: 'KEY',
        text: ({ auth, accessKeyId, awsProfile }) => (auth === 'keys' ? accessKeyId : awsProfile) ?? '',
      },
    ],
    name: ({ name }) => name,
    whenEmpty: "No contexts. Add one with 'ocpctl context add NAME --server URL'.",
  });
}
