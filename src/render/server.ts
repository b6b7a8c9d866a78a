import { age } from './format.ts';
import { type ListView, listDocument, listView, type RecordView, recordView } from './view.ts';

/** An `openshift-install` of this host. */
export interface Installer {
  readonly version: string | null;
  readonly architecture: string | null;
  readonly fips: boolean;
  readonly source: 'configured' | 'cache';
  readonly file: string;
  readonly signature: 'verified' | 'not-checked' | null;
  readonly fetchedAt: string | null;
  readonly problem: string | null;
}

/** The table of `ocpctl server installers`. */
export function installerList(installers: readonly Installer[], now: Date): ListView<Installer> {
  return listView({
    document: listDocument(installers),
    rows: installers,
    columns: [
      { header: 'VERSION', text: ({ version }) => version ?? '' },
      {
        header: 'ARCHITECTURE',
        text: ({ architecture, fips }) => `${architecture ?? ''}${fips ? ' (FIPS)' : ''}`,
      },
      { header: 'SOURCE', text: ({ source }) => source },
      {
        header: 'STATE',
        text: ({ problem }) => problem ?? 'ok',
        style: ({ problem }) => (problem === null ? undefined : 'red'),
      },
      { header: 'SIGNATURE', text: ({ signature }) => signature ?? '' },
      {
        header: 'FETCHED',
        text: ({ fetchedAt }) => (fetchedAt === null ? '' : `${age(fetchedAt, now)} ago`),
        exact: ({ fetchedAt }) => fetchedAt ?? '',
      },
      { header: 'FILE', text: ({ file }) => file },
    ],
    name: ({ version, file }) => version ?? file,
    whenEmpty: "No installers. Fetch one with 'ocpctl server installers fetch VERSION'.",
  });
}

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

/** The result of `ocpctl server backup`. */
export function backupRecord(document: {
  readonly data: string;
  readonly keys: string;
  readonly sizeBytes: number;
  readonly sha256: string;
  readonly files: number;
}): RecordView {
  const fields = [
    ['Data', document.data],
    ['Keys', `${document.keys} (keep apart: both together open every secret)`],
    ['Size', `${(document.sizeBytes / 1e6).toFixed(1)} MB, ${document.files} files`],
    ['SHA-256', document.sha256],
  ] as const;
  return recordView({ document, name: document.data, blocks: [{ title: 'Backup', fields }] });
}

/** The result of `ocpctl server restore`. */
export function restoreRecord(document: { readonly dataDir: string; readonly files: number }): RecordView {
  const fields = [
    ['Data directory', document.dataDir],
    ['Files', `${document.files}, each as its SHA-256 says`],
    ['Start it', `ocpctl server --data ${document.dataDir} with --embedded, or --sandbox, as before`],
  ] as const;
  return recordView({ document, name: document.dataDir, blocks: [{ title: 'Restored', fields }] });
}

/** The result of `ocpctl version`. */
export function versionRecord(document: { version: string; node: string; platform: string }): RecordView {
  const fields = [
    ['Version', document.version],
    ['Node', document.node],
    ['Platform', document.platform],
  ] as const;
  return recordView({ document, name: document.version, blocks: [{ title: 'ocpctl', fields }] });
}
