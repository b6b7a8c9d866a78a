import { EventEmitter, once } from 'node:events';
import { join, sep } from 'node:path';
import { InterruptedError } from '../errors/cli-error.ts';
import { EXIT } from '../errors/exit-codes.ts';
import { abortOnSignals } from '../jobs/interruptible-wait.ts';
import type { Session } from '../session.ts';
import { type ServerWithKeys, updateLocalContext } from './local-context.ts';
import { mapSetupErrors } from './map-setup-errors.ts';

/** The part of a server that this command uses before it is ready. */
export interface StartingServer extends ServerWithKeys {
  readonly isPlainHttp: boolean;
}

export interface RunningServer extends StartingServer {
  /** What it runs besides the API, and where that is reached. */
  readonly services: readonly {
    readonly role: string;
    readonly address: string;
    readonly note?: string;
  }[];
  /** What its modules keep on this host in directories of their own. */
  readonly directories: readonly { readonly kind: string; readonly path: string }[];
  /** Resolves when the host will be taken away. */
  readonly hostEnds: Promise<{ readonly reason: string; readonly graceMs: number | undefined }>;
  stop(graceMs?: number): Promise<void>;
  forceStop(): void;
}

export interface PreparedServer {
  readonly start: (options: {
    /** Called when the server listens, before it says that it is ready. */
    readonly beforeReady: (server: StartingServer) => Promise<void>;
    /** Ends the start at once. */
    readonly signal: AbortSignal;
  }) => Promise<RunningServer>;
  readonly isSandbox: boolean;
  /** Descriptions of the real clouds that the server uses. */
  readonly clouds: readonly string[];
  readonly dataDir: string;
  readonly database: string;
  /** Where audit anchors are stored; undefined if they are disabled. A worker writes none. */
  readonly auditAnchors: string | undefined;
  readonly roles: readonly string[];
  readonly region: string;
  /** Whether the authentication mode `local` is enabled. */
  readonly acceptsKeys: boolean;
}

type LocalContext = Awaited<ReturnType<typeof updateLocalContext>>;

/**
 * Runs a server until it is signalled: the first signal drains, the second stops the running jobs, the third exits.
 * @throws InterruptedError when it is signalled before it is ready
 */
export async function runServer(session: Session, prepare: () => PreparedServer): Promise<void> {
  const { serving, server, context } = await startServer(session, prepare);
  const stopRequest = new EventEmitter();
  const stopped = once(stopRequest, 'stop').then(([graceMs]) => server.stop(graceMs));
  void server.hostEnds.then(({ reason, graceMs }) => {
    session.note(`${reason}. Shutting down; other hosts continue with the jobs that do not finish in time.`);
    stopRequest.emit('stop', graceMs);
  });
  let signals = 0;
  const onSignal = () => {
    signals++;
    if (signals === 1) {
      session.note(
        'Shutting down; running jobs may finish. Press Ctrl-C again to stop now: interrupted jobs are tried again at the next start.',
      );
      stopRequest.emit('stop');
    } else if (signals === 2) server.forceStop();
    else process.exit(EXIT.interrupted);
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  // When the parent process is gone, nothing else would stop this server.
  process.once('disconnect', onSignal);
  const isOrphan = process.send !== undefined && !process.connected;
  if (isOrphan) onSignal();
  try {
    announce(session, serving, server, context);
    await stopped;
    session.note(
      serving.roles.includes('worker')
        ? 'Stopped. Instances of applications keep running; the next start on this host finds them.'
        : 'Stopped.',
    );
  } finally {
    process.off('SIGINT', onSignal);
    process.off('SIGTERM', onSignal);
    process.off('disconnect', onSignal);
  }
}

/** Without handlers, a signal would be ignored where this process is the first one of a container. */
function startServer(session: Session, prepare: () => PreparedServer) {
  return abortOnSignals(
    (signal) => new InterruptedError(signal, 'stopped before the server was ready'),
    (signal) =>
      mapSetupErrors(async () => {
        const serving = prepare();
        let context: LocalContext | undefined;
        const beforeReady = async (starting: StartingServer) => {
          if (starting.url !== '' && serving.acceptsKeys)
            context = await updateLocalContext(session, serving.region, starting);
        };
        const server = await serving.start({ beforeReady, signal });
        return { serving, server, context };
      }),
  );
}

/** @param context what is known of the context that points to the server; undefined if there is none */
function announce(
  session: Session,
  serving: PreparedServer,
  server: RunningServer,
  context: LocalContext | undefined,
): void {
  const lines = [
    serving.isSandbox
      ? 'ocpctl server (sandbox): simulated cloud, nothing is billed'
      : 'ocpctl server: clusters are created in your cloud account and are billed',
    ...(serving.clouds.length === 0 ? [] : [`clouds    ${serving.clouds.join(', ')}`]),
    `data      ${serving.dataDir}`,
    ...server.directories
      .filter(({ path }) => !path.startsWith(join(serving.dataDir, sep)))
      .map(({ kind, path }) => `${`${kind}s`.padEnd(10)}${path}`),
    `database  ${serving.database}`,
    ...(serving.roles.some((role) => role !== 'worker') ? [describeAuditLog(serving)] : []),
  ];
  if (server.url !== '') {
    lines.push(`api       ${server.url}`);
    if (context !== undefined) lines.push(`context   ${context.text}`);
    else lines.push(`sign in   ocpctl context add NAME --auth sts --server ${server.url}`);
    if (server.isPlainHttp)
      lines.push(
        'WARNING   plain HTTP: others on this network can read all responses, including secrets; use --tls-cert and --tls-key',
      );
    for (const { role, address, note } of server.services)
      lines.push(`${role.padEnd(10)}${address}${note === undefined ? '' : ` (${note})`}`);
    const selected = context === undefined || context.isCurrent ? '' : ` --context ${context.name}`;
    if (serving.isSandbox)
      lines.push(
        `try       ocpctl create demo --profile aws-minimal-test --wait${selected}`,
        `          ocpctl app deploy DIR${selected}`,
      );
  }
  session.note(lines.join('\n'));
  if (process.connected) process.send?.({ type: 'ready', url: server.url });
}

function describeAuditLog({ auditAnchors }: PreparedServer): string {
  if (auditAnchors !== undefined) return `audit     anchors stored in ${auditAnchors}`;
  return 'WARNING   audit anchors are disabled: truncation of the audit log would not be detected; set OCPCTL_AUDIT_ANCHORS';
}
