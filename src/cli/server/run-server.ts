import { EventEmitter, once } from 'node:events';
import { configDirectory, readContexts, writeContext } from '../config/context-file.ts';
import { EXIT } from '../errors/exit-codes.ts';
import type { Session } from '../session.ts';
import { mapSetupErrors } from './map-setup-errors.ts';

/** The part of a running server that the command works with. */
export interface RunningServer {
  readonly url: string;
  readonly isPlainHttp: boolean;
  readonly caFile: string | undefined;
  stop(): Promise<void>;
  forceStop(): void;
  ensureAdminKey(
    knownKeyId: string | undefined,
  ): Promise<{ accessKeyId: string; secretAccessKey: string } | undefined>;
}

export interface PreparedServer {
  readonly start: () => Promise<RunningServer>;
  readonly isSandbox: boolean;
  /** The real clouds that it is connected to, in words. */
  readonly clouds: readonly string[];
  readonly dataDir: string;
  readonly database: string;
  /** Where signed anchors of the audit trail are kept, if anywhere; a worker has no part in that. */
  readonly auditAnchors: string | undefined;
  readonly roles: readonly string[];
  readonly region: string;
  /** Whether keys of the server's own are a way in. */
  readonly acceptsKeys: boolean;
}

const LOCAL_CONTEXT = 'local';

/** Runs a server until a signal ends it: the first drains, the second ends the drain, the third ends the process. */
export async function runServer(session: Session, prepare: () => PreparedServer): Promise<void> {
  const { serving, server } = await mapSetupErrors(async () => {
    const prepared = prepare();
    return { serving: prepared, server: await prepared.start() };
  });
  const stopRequest = new EventEmitter();
  const stopped = once(stopRequest, 'stop').then(() => server.stop());
  let signals = 0;
  const onSignal = () => {
    signals++;
    if (signals === 1) {
      session.note(
        'Draining: what runs gets its time to end. Ctrl-C again to stop now; it is taken up at the next start.',
      );
      stopRequest.emit('stop');
    } else if (signals === 2) server.forceStop();
    else process.exit(EXIT.interrupted);
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  // A parent that started us and is gone cannot stop us any more.
  process.once('disconnect', onSignal);
  try {
    await announce(session, serving, server).catch(async (error: unknown) => {
      await server.stop();
      throw error;
    });
    await stopped;
    session.note('Stopped.');
  } finally {
    process.off('SIGINT', onSignal);
    process.off('SIGTERM', onSignal);
    process.off('disconnect', onSignal);
  }
}

async function announce(session: Session, serving: PreparedServer, server: RunningServer): Promise<void> {
  const lines = [
    serving.isSandbox
      ? 'ocpctl server, sandbox: a simulated cloud, nothing here costs money'
      : 'ocpctl server, real: clusters are made in your cloud account and cost money',
    ...(serving.clouds.length === 0 ? [] : [`clouds    ${serving.clouds.join(', ')}`]),
    `data      ${serving.dataDir}`,
    `database  ${serving.database}`,
    ...(serving.roles.some((role) => role !== 'worker') ? [describeAuditLog(serving)] : []),
  ];
  if (server.url !== '') {
    lines.push(`api       ${server.url}`);
    if (serving.acceptsKeys) lines.push(`context   ${await updateLocalContext(session, serving, server)}`);
    else lines.push(`sign in   ocpctl context add NAME --auth sts --server ${server.url}`);
    if (server.isPlainHttp)
      lines.push(
        'WARNING   PLAIN HTTP: others on this network can read every answer, secrets included; --tls-cert and --tls-key end that',
      );
    if (serving.isSandbox) lines.push('try       ocpctl create demo --profile aws-minimal-test --wait');
  }
  session.note(lines.join('\n'));
  process.send?.({ type: 'ready', url: server.url });
}

function describeAuditLog({ auditAnchors }: PreparedServer): string {
  if (auditAnchors !== undefined) return `audit     anchors in ${auditAnchors}`;
  return 'WARNING   no anchors of the audit trail are kept: its end could be cut off unseen; OCPCTL_AUDIT_ANCHORS names a place for them';
}

/** Makes the next command work: the local context points to this server and holds a key that it knows. */
async function updateLocalContext(
  session: Session,
  { region }: PreparedServer,
  server: RunningServer,
): Promise<string> {
  const directory = configDirectory(session.io.env);
  const known = (await readContexts(directory)).contexts[LOCAL_CONTEXT];
  const made = await server.ensureAdminKey(known?.accessKeyId);
  const key = made ?? {
    accessKeyId: known?.accessKeyId ?? '',
    secretAccessKey: known?.secretAccessKey ?? '',
  };
  const caFile = server.caFile ?? (server.url.startsWith('https:') ? known?.caFile : undefined);
  if (made || known?.server !== server.url || known.caFile !== caFile) {
    await writeContext(
      LOCAL_CONTEXT,
      { server: server.url, ...(caFile === undefined ? {} : { caFile }), region, ...key },
      { directory, makeCurrent: made !== undefined },
    );
  }
  return `${LOCAL_CONTEXT} (${directory}/config.json)${made ? ', a new admin key is in it' : ''}`;
}
