import type { JobContext } from '../../kernel/jobs/job.ts';
import type { DownloadProgress } from '../installer/download-installer.ts';

const MIB = 1024 * 1024;
/** The job's log gets a line each tenth, not one for each of hundreds of megabytes. */
const STEPS = 10;

/** @returns a listener that tells a job's log how the download of its installer gets on. */
export function downloadReporter(
  context: Pick<JobContext, 'event'>,
  version: string,
): (progress: DownloadProgress) => void {
  let said = '';
  return (progress) => {
    const message = sentence(version, progress);
    if (message === said) return;
    said = message;
    context.event({ kind: 'log', level: 'info', message });
  };
}

function sentence(version: string, { phase, receivedBytes, totalBytes }: DownloadProgress): string {
  const name = `openshift-install ${version}`;
  switch (phase) {
    case 'waiting':
      return `waiting for ${name}: another job downloads it`;
    case 'checksums':
      return `downloading ${name}: reading its checksum`;
    case 'ready':
      return `${name} is in the cache`;
    case 'downloading':
      return totalBytes === undefined || totalBytes === 0
        ? `downloading ${name}`
        : `downloading ${name}: ${tenths(receivedBytes, totalBytes)} % of ${Math.round(totalBytes / MIB)} MiB`;
  }
}

function tenths(received: number, total: number): number {
  return (Math.floor((received / total) * STEPS) * 100) / STEPS;
}
