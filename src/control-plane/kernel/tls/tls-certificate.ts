import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFileSync, statSync, unwatchFile, watchFile } from 'node:fs';
import { isIP } from 'node:net';
import { createSecureContext } from 'node:tls';
import { systemErrorReason } from '../../../contract/system-error-hint.ts';
import { messageOf, SetupError } from '../errors.ts';

export interface TlsFiles {
  /** PEM: the server's certificate first, then those between it and an authority. */
  readonly certFile: string;
  /** PEM, not encrypted, not readable by others. */
  readonly keyFile: string;
}

export interface TlsCertificate {
  readonly cert: string;
  readonly key: string;
  readonly validTo: Date;
  /** Whether it is valid for this host name or address; wildcard matches do not count. */
  covers(host: string): boolean;
  /** The first host name that it is for. */
  readonly firstName: string | undefined;
  /** Whether the file ends the chain itself: then it can be given to clients as the authority to trust. */
  readonly hasItsAuthority: boolean;
}

/**
 * Reads a certificate with its key, and makes sure that a server can use them.
 * @throws SetupError that says which file is wrong and why
 */
export function readTlsCertificate({ certFile, keyFile }: TlsFiles): TlsCertificate {
  const cert = readPem(certFile);
  assertPrivateMode(keyFile);
  const key = readPem(keyFile);
  try {
    // A context would be made without a key from a key file that is empty because it is being written.
    createPrivateKey(key);
    createSecureContext({ cert, key });
    const certificate = new X509Certificate(cert);
    return {
      cert,
      key,
      validTo: new Date(certificate.validTo),
      covers: (host) => covers(certificate, host),
      firstName: /(?:^|, )DNS:([^*,"]+)/.exec(certificate.subjectAltName ?? '')?.[1]?.toLowerCase(),
      hasItsAuthority: certificatesIn(cert).some((each) => each.checkIssued(each)),
    };
  } catch (cause) {
    throw new SetupError(`${certFile} and ${keyFile} are no certificate and its key: ${messageOf(cause)}`, {
      hint: 'both are PEM; the key is not encrypted and belongs to the first certificate of its file',
      cause,
    });
  }
}

/**
 * Calls `changed` when one of the files was replaced, as renewals do.
 * @param everyMs polling interval. Polls by path, so that a replaced symbolic link is noticed
 * @returns a function that ends the watch
 */
export function watchTlsFiles(files: TlsFiles, everyMs: number, changed: () => void): () => void {
  const paths = [files.certFile, files.keyFile];
  for (const path of paths) watchFile(path, { interval: everyMs, persistent: false }, changed);
  return () => {
    for (const path of paths) unwatchFile(path, changed);
  };
}

function readPem(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    throw new SetupError(`cannot read ${path}: ${systemErrorReason(cause)}`, { cause });
  }
}

/**
 * The rule of PostgreSQL for its key (https://www.postgresql.org/docs/current/ssl-tcp.html): a file of root may be readable by a group.
 * Kubernetes mounts the keys of a Secret so for a server that is not root.
 * @param ownUid of this process
 */
export function isPrivateKeyFile(
  { mode, uid }: { readonly mode: number; readonly uid: number },
  ownUid: number | undefined,
): boolean {
  const denied = uid === 0 && ownUid !== 0 ? 0o037 : 0o077;
  return (mode & denied) === 0;
}

function assertPrivateMode(path: string): void {
  if (process.platform === 'win32') return;
  const found = statSync(path, { throwIfNoEntry: false });
  if (found === undefined || isPrivateKeyFile(found, process.geteuid?.())) return;
  throw new SetupError(`${path} is a private key, and others may read or change it`, {
    hint: `chmod 600 ${path}`,
  });
}

function certificatesIn(pem: string): X509Certificate[] {
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  return blocks.map((block) => new X509Certificate(block));
}

function covers(certificate: X509Certificate, host: string): boolean {
  const asked = isIP(host)
    ? certificate.checkIP(host)
    : certificate.checkHost(host, { subject: 'never', wildcards: false });
  return asked !== undefined;
}
