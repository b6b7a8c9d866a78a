import { type ListView, listDocument, listView } from './view.ts';

export interface DoctorCheck {
  readonly check: string;
  readonly result: 'ok' | 'warning' | 'failed' | 'skipped';
  readonly detail: string;
  readonly remedy: string | null;
}

const STYLES = { ok: 'green', warning: 'yellow', failed: 'red', skipped: 'dim' } as const;

/** The table of `ocpctl doctor`: CHECK RESULT DETAIL, and what to do about it. */
export function doctorList(checks: readonly DoctorCheck[]): ListView<DoctorCheck> {
  return listView({
    document: listDocument(checks),
    rows: checks,
    columns: [
      { header: 'CHECK', text: ({ check }) => check },
      { header: 'RESULT', text: ({ result }) => result, style: ({ result }) => STYLES[result] },
      {
        header: 'DETAIL',
        fit: 'wrap',
        text: ({ detail, remedy }) => (remedy === null ? detail : `${detail}: ${remedy}`),
      },
    ],
    name: ({ check }) => check,
  });
}
