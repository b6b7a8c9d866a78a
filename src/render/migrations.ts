import { type RecordView, recordView } from './view.ts';

/** The result of `ocpctl server migrate`: the numbers of the applied migrations. */
export function migrationsRecord(applied: readonly number[]): RecordView {
  const text = applied.length === 0 ? 'none (the database is up to date)' : applied.join(', ');
  const fields = [['Applied', text]] as const;
  return recordView({
    document: { applied },
    name: applied.join('\n'),
    blocks: [{ title: 'Migrations', fields }],
  });
}
