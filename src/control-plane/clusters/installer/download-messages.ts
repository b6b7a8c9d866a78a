import type { DownloadProgress } from './download-installer.ts';

const MIB = 1024 * 1024;
/** A reader wants a line each tenth, not one for each of hundreds of megabytes. */
const STEPS = 10;

/** @returns a listener that says in sentences how a download gets on; nothing twice. */
export function downloadMessages(
  version: string,
  say: (message: string) => void,
): (progress: DownloadProgress) => void {
  let said = '';
  return (progress) => {
    const message = sentence(`openshift-install ${version}`, progress);
    if (message === said) return;
    said = message;
    say(message);
  };
}

function sentence(name: string, { phase, receivedBytes, totalBytes }: DownloadProgress): string {
  switch (phase) {
    case 'waiting':
      return `waiting for ${name}: it is being downloaded already`;
    case 'checksums':
      return `downloading ${name}: reading its checksum`;
    case 'ready':
      return `${name} is in the cache`;
    case 'downloading':
      return totalBytes === undefined || totalBytes === 0
        ? `downloading ${name}`
        : `downloading ${name}: ${percent(receivedBytes, totalBytes)} % of ${Math.ceil(totalBytes / MIB)} MiB`;
  }
}

function percent(received: number, total: number): number {
  return (Math.floor((received / total) * STEPS) * 100) / STEPS;
}
