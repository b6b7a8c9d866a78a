import { createSecureServer, type Http2SecureServer, type ServerHttp2Session } from 'node:http2';
import { messageOf } from '../../../kernel/errors.ts';
import type { Log } from '../../../kernel/telemetry/log.ts';
import { readTlsCertificate, watchTlsFiles } from '../../../kernel/tls/tls-certificate.ts';
import type { EdgeTls } from '../tls/edge-tls.ts';
import { type HostCertificates, MIN_TLS_VERSION } from '../tls/host-certificates.ts';
import { EdgeRequest } from './client-exchange.ts';
import { applyLimits, type EdgeLimits, rejectMalformedRequest } from './edge-listener.ts';

const HANDSHAKE_TIMEOUT_MS = 10_000;
const MAX_STREAMS = 128;

/**
 * HTTPS with HTTP/2 and HTTP/1.1.
 * @param certificates of `internal`: then a client that names no known host gets no certificate, and the handshake fails
 * @throws SetupError when the files of `files` cannot be used
 */
export function createSecureListener(
  limits: EdgeLimits,
  tls: EdgeTls,
  certificates: HostCertificates | undefined,
  log: Log,
): Http2SecureServer {
  const server = createSecureServer({
    allowHTTP1: true,
    Http1IncomingMessage: EdgeRequest,
    minVersion: MIN_TLS_VERSION,
    handshakeTimeout: HANDSHAKE_TIMEOUT_MS,
    settings: { maxConcurrentStreams: MAX_STREAMS, maxHeaderListSize: limits.maxHeaderBytes },
    ...(tls.kind === 'files' ? keyPair(tls) : {}),
    ...(certificates === undefined ? {} : { SNICallback: answerServerName(certificates, log) }),
  });
  applyLimits(server, limits);
  server.on('clientError', rejectMalformedRequest);
  server.on('session', (session) => endIdleSession(session, limits.keepAliveMs));
  if (tls.kind === 'files') followFiles(server, tls, log);
  return server;
}

type ServerNameCallback = (
  serverName: string,
  done: (error: Error | null, context?: Awaited<ReturnType<HostCertificates['contextFor']>>) => void,
) => void;

function answerServerName(certificates: HostCertificates, log: Log): ServerNameCallback {
  return (serverName, done) => {
    certificates.contextFor(serverName).then(
      // Without a context there is no certificate: the client gets an alert.
      (context) => done(null, context),
      (error) => {
        log.error({ host: serverName, err: error }, 'cannot issue a certificate');
        done(null);
      },
    );
  };
}

function keyPair({ files }: Extract<EdgeTls, { kind: 'files' }>): { cert: string; key: string } {
  const { cert, key } = readTlsCertificate(files);
  return { cert, key };
}

/** New connections get the new certificate. */
function followFiles(server: Http2SecureServer, tls: Extract<EdgeTls, { kind: 'files' }>, log: Log): void {
  const stop = watchTlsFiles(tls.files, tls.pollMs, () => {
    try {
      server.setSecureContext({ ...keyPair(tls), minVersion: MIN_TLS_VERSION });
      log.info({}, 'TLS certificate of the edge renewed');
    } catch (error) {
      // The other file of a renewal may still be missing; its arrival triggers another read.
      log.error({ reason: messageOf(error) }, 'cannot load the renewed TLS certificate of the edge');
    }
  });
  server.once('close', stop);
}

/** A session is idle without streams: a stream may be silent for long. */
function endIdleSession(session: ServerHttp2Session, idleMs: number): void {
  let streams = 0;
  session.on('stream', (stream) => {
    streams += 1;
    stream.once('close', () => {
      streams -= 1;
    });
  });
  session.setTimeout(idleMs, () => {
    if (streams === 0) session.close();
  });
  session.on('error', () => session.destroy());
}
