import { type RecordView, recordView } from './view.ts';

/** What `ocpctl server migrate` did: the numbers of the migrations, none when there was nothing to do. */
export function migrationsRecord(applied: readonly number[]): RecordView {
  const text = applied.length === 0 ? 'none: the database is up to date' : applied.join(', ');
  const fields = [['Applied', text]] as const;
  return recordView({
    document: { applied },
    name: applied.join('\n'),
    blocks: [{ title: 'Migrations', fields }],
  });
}
