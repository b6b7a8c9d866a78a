import { type RecordView, recordView } from './view.ts';

/** What `ocpctl server check` found. */
export interface CloudCheckDocument {
  readonly cloud: string;
  readonly region: string;
  readonly account: string | null;
  readonly principal: string | null;
  readonly profiles: readonly string[];
  readonly problems: readonly {
    readonly code: string;
    readonly message: string;
    readonly hint: string;
    readonly retryable: boolean;
    readonly profiles: readonly string[];
  }[];
  readonly notes: readonly string[];
}

/** The result of `ocpctl server check`: each problem with its profiles and what to do. */
export function cloudCheckRecord(check: CloudCheckDocument): RecordView {
  const { cloud, region, account, principal, profiles, problems, notes } = check;
  const none = { fields: [], lines: ['none'] };
  return recordView({
    document: check,
    name: problems.map(({ code }) => code).join('\n'),
    blocks: [
      {
        title: `${cloud} ${region}`,
        fields: [
          ['Account', account ?? 'unknown'],
          ['Principal', principal ?? 'unknown'],
          ['Profiles', profiles.join(', ')],
        ],
      },
      ...problems.map(({ code, message, hint, profiles: affected }) => ({
        title: code,
        fields: [
          ['Problem', message, 'red'],
          ['Fix', hint],
          ['Profiles', affected.join(', ')],
        ] as const,
      })),
      ...(problems.length === 0 ? [{ title: 'Problems', ...none }] : []),
      ...(notes.length === 0 ? [] : [{ title: 'Notes', fields: [], notes }]),
    ],
  });
}
