import { X509Certificate } from 'node:crypto';

/** What is wrong in a bundle of certificates. The message is a predicate, and never has the text of a key. */
export interface TrustBundleFault {
  /** Counts from 1. */
  readonly line: number;
  readonly message: string;
  readonly fix: string;
}

const BLOCK = /-----BEGIN ([^\n-]+)-----\r?\n[\s\S]*?\n-----END \1-----[ \t]*(\r?\n|$)/;

/**
 * Reads a bundle as the installer does: PEM blocks, each with a certificate, and nothing after the last one.
 * @param now to also report certificates that are not valid at that time, which the installer does not look at
 */
export function trustBundleFaults(text: string, now?: Date): TrustBundleFault[] {
  const faults: TrustBundleFault[] = [];
  let offset = 0;
  do {
    const block = BLOCK.exec(text.slice(offset));
    if (block === null) return [...faults, textFault(text, offset)];
    const line = lineAt(text, offset + block.index);
    const fault = blockFault(block[1] ?? '', block[0], now);
    if (fault !== undefined) faults.push({ line, ...fault });
    offset += block.index + block[0].length;
  } while (offset < text.length);
  return faults;
}

function textFault(text: string, offset: number): TrustBundleFault {
  const rest = text.slice(offset);
  const line = lineAt(text, offset + (/\S/.exec(rest)?.index ?? 0));
  if (offset === 0)
    return { line, message: 'must be PEM certificates', fix: 'begin with -----BEGIN CERTIFICATE-----' };
  return rest.includes('-----BEGIN ')
    ? { line, message: 'has a PEM block without its end', fix: 'add the missing lines' }
    : { line, message: 'has text after the last certificate', fix: 'remove it' };
}

function blockFault(label: string, pem: string, now?: Date): Omit<TrustBundleFault, 'line'> | undefined {
  if (label.endsWith('PRIVATE KEY')) {
    return { message: 'has a private key', fix: 'remove it, and replace the key: it may have been read' };
  }
  const certificate = certificateOf(pem);
  if (certificate === undefined) {
    return { message: `has a block ${label} that is not a certificate`, fix: 'replace it' };
  }
  if (now === undefined) return undefined;
  const { validFrom, validTo } = certificate;
  const name = certificate.subject.replaceAll('\n', ', ') || 'without a subject';
  if (new Date(validTo) < now) {
    return { message: `has a certificate (${name}) that expired on ${dayOf(validTo)}`, fix: 'replace it' };
  }
  return new Date(validFrom) > now
    ? {
        message: `has a certificate (${name}) that is not valid before ${dayOf(validFrom)}`,
        fix: 'replace it',
      }
    : undefined;
}

function certificateOf(pem: string): X509Certificate | undefined {
  try {
    return new X509Certificate(pem);
  } catch {
    return undefined;
  }
}

function dayOf(text: string): string {
  return new Date(text).toISOString().slice(0, 10);
}

function lineAt(text: string, offset: number): number {
  return text.slice(0, offset).split('\n').length;
}
