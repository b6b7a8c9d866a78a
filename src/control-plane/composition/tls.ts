import type { Server } from 'node:http';
import { replaceCertificate } from '../http/listener.ts';
import { systemClock } from '../kernel/clock.ts';
import type { Log } from '../kernel/telemetry/log.ts';
import { readTlsCertificate, type TlsCertificate, watchTlsFiles } from '../kernel/tls/tls-certificate.ts';
import type { ServerConfig } from '../settings/server-config.ts';

/** The certificate of this server, as it is now. */
export interface ServerTls {
  readonly certificate: TlsCertificate;
  /** Gives a listener each renewed certificate until it closes. */
  keepFresh(listener: Server): void;
}

/**
 * @returns undefined when this server speaks plain HTTP
 * @throws SetupError when the files cannot be used
 */
export function openTls(config: ServerConfig, log: Log): ServerTls | undefined {
  const { tlsCert: certFile, tlsKey: keyFile } = config;
  if (certFile === undefined || keyFile === undefined) return undefined;
  const files = { certFile, keyFile };
  let certificate = readTlsCertificate(files);
  warnOfExpiry(certificate, log);
  return {
    get certificate() {
      return certificate;
    },
    keepFresh(listener) {
      const stop = watchTlsFiles(files, config.tlsPollMs, () => {
        try {
          certificate = readTlsCertificate(files);
          replaceCertificate(listener, certificate);
          log.info({ validTo: certificate.validTo }, 'TLS certificate renewed');
          warnOfExpiry(certificate, log);
        } catch (error) {
          // The other file of a renewal may still be missing; its arrival triggers another read.
          log.error({ err: error }, 'cannot load the renewed TLS certificate; the previous one stays in use');
        }
      });
      listener.once('close', stop);
    },
  };
}

function warnOfExpiry({ validTo }: TlsCertificate, log: Log): void {
  if (validTo <= systemClock.now()) log.warn({ validTo }, 'the TLS certificate has expired');
}

/** The URL under which a client of this machine can check the certificate, when it listens at `url`. */
export function urlFor(url: string, { certificate }: ServerTls): string {
  const { hostname, port } = new URL(url);
  const candidates = [hostname.replace(/^\[(.*)\]$/, '$1'), 'localhost'];
  const name = candidates.find((candidate) => certificate.covers(candidate)) ?? certificate.firstName;
  return `https://${name === undefined || name.includes(':') ? hostname : name}:${port}`;
}
