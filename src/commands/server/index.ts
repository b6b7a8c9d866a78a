import { resolve } from 'node:path';
import { boolean, option, string } from '@oclif/core/flags';
import { BaseCommand } from '../../cli/base-command.ts';
import { choiceList, durationMs, hostPort, omitUndefined } from '../../cli/flags/flag-values.ts';
import { INSTALLER_FLAGS, installerSettings } from '../../cli/flags/installer-flags.ts';
import { numberFlag } from '../../cli/flags/number-flag.ts';
import { runServer } from '../../cli/server/run-server.ts';

const ROLES = ['api', 'worker', 'janitor', 'edge'] as const;
const AUTH_MODES = ['local', 'sts', 'gateway'] as const;

export default class Server extends BaseCommand {
  static override summary = 'Run the control plane (API, worker and janitor)';
  static override description =
    'Set DATABASE_URL to use PostgreSQL; without it, the server uses an embedded database.';
  static override examples = [
    '<%= config.bin %> server --sandbox',
    'DATABASE_URL=postgres://ocpctl@127.0.0.1/ocpctl <%= config.bin %> server --sandbox --role api',
    'DATABASE_URL=postgres://ocpctl@127.0.0.1/ocpctl <%= config.bin %> server --pull-secret ./pull-secret.json',
    '<%= config.bin %> server --sandbox --listen 0.0.0.0:8420 --tls-cert ./server.pem --tls-key ./server.key',
    '<%= config.bin %> server --sandbox --listen 127.0.0.1:9000 --data ./data --profiles ./profiles',
  ];
  static override flags = {
    role: string({
      description: `Roles of this process, comma-separated: ${ROLES.join(', ')} (default: all)`,
      helpValue: 'ROLE,ROLE',
    }),
    listen: string({
      description: 'Address of the API; port 0 selects a free port (default: 127.0.0.1:8420)',
      helpValue: 'HOST:PORT',
    }),
    profiles: string({
      description: 'Directory with additional profiles; can be repeated',
      helpValue: 'DIR',
      multiple: true,
      multipleNonGreedy: true,
    }),
    cloud: option({
      description:
        'Cloud to create clusters in: aws, ibmcloud; can be repeated (default: aws; env: OCPCTL_CLOUDS)',
      helpValue: 'CLOUD',
      options: ['aws', 'ibmcloud'] as const,
      multiple: true,
      multipleNonGreedy: true,
    })(),
    'pull-secret': string({
      description: 'File with the pull secret for clusters (env: OCPCTL_PULL_SECRET_FILE)',
      helpValue: 'FILE',
    }),
    ...INSTALLER_FLAGS,
    sandbox: boolean({ description: 'Use a simulated cloud; nothing real is created or billed' }),
    auth: string({
      description:
        'Authentication modes, comma-separated: local, sts, gateway (default: local; env: OCPCTL_AUTH_MODES)',
      helpValue: 'MODE,MODE',
    }),
    'bootstrap-admin': string({
      description:
        'Principal to make a platform admin at startup: role:ACCOUNT:NAME or an ARN; can be repeated',
      helpValue: 'PRINCIPAL',
      multiple: true,
      multipleNonGreedy: true,
    }),
    concurrency: numberFlag({
      description: 'Maximum number of concurrent jobs, 1 to 100 (default: 4)',
      helpValue: 'N',
      min: 1,
      max: 100,
    }),
    'drain-timeout': string({
      description: 'Grace period for running jobs on shutdown (default: 60s)',
      helpValue: 'DURATION',
    }),
    'drain-delay': string({
      description:
        'Time on shutdown in which requests are still accepted while /readyz says 503 (default: 0s; env: OCPCTL_DRAIN_DELAY)',
      helpValue: 'DURATION',
    }),
    'database-wait': string({
      description:
        'Time to wait at startup for a PostgreSQL server that does not answer (default: 2m; env: OCPCTL_DATABASE_WAIT)',
      helpValue: 'DURATION',
    }),
    embedded: boolean({ description: 'Allow the embedded database without --sandbox' }),
    'tls-cert': string({
      description: 'TLS certificate with its chain, PEM; reloaded when it changes (env: OCPCTL_TLS_CERT)',
      helpValue: 'FILE',
    }),
    'tls-key': string({
      description: 'TLS private key, PEM, mode 0600 (env: OCPCTL_TLS_KEY)',
      helpValue: 'FILE',
    }),
    'metrics-listen': string({
      description:
        'Address of the unauthenticated /metrics endpoint (default: none; env: OCPCTL_METRICS_LISTEN)',
      helpValue: 'HOST:PORT',
    }),
    'insecure-http': boolean({ description: 'Allow plain HTTP on an address that is not loopback' }),
  };

  async run(): Promise<void> {
    const { flags } = await this.parse(Server);
    const session = await this.open(flags);
    // Loaded lazily, so that no other command loads the server.
    const { auditAnchorLocation, serverConfig, startControlPlane } = await import(
      '../../control-plane/index.ts'
    );
    const settings = omitUndefined({
      roles: ifGiven(flags.role, (text) => choiceList('role', text, ROLES)),
      ...ifGiven(flags.listen, (text) => hostPort('listen', text)),
      ...installerSettings(flags),
      profileDirs: flags.profiles,
      clouds: flags.cloud,
      pullSecretFile: ifGiven(flags['pull-secret'], resolve),
      auth: ifGiven(flags.auth, (text) => choiceList('auth', text, AUTH_MODES)),
      bootstrapAdmins: flags['bootstrap-admin'],
      concurrency: flags.concurrency,
      databaseWaitMs: ifGiven(flags['database-wait'], (text) => durationMs('database-wait', text)),
      drainDelayMs: ifGiven(flags['drain-delay'], (text) => durationMs('drain-delay', text)),
      drainTimeoutMs: ifGiven(flags['drain-timeout'], (text) => durationMs('drain-timeout', text)),
      // Text on a terminal, JSON elsewhere, unless OCPCTL_LOG_FORMAT says otherwise.
      logFormat:
        session.io.stderr.isTTY && !session.io.env['OCPCTL_LOG_FORMAT'] ? ('text' as const) : undefined,
      sandbox: flags.sandbox,
      embedded: flags.embedded,
      insecureHttp: flags['insecure-http'],
      tlsCert: ifGiven(flags['tls-cert'], resolve),
      tlsKey: ifGiven(flags['tls-key'], resolve),
      metrics: ifGiven(flags['metrics-listen'], (text) => hostPort('metrics-listen', text)),
    });
    await runServer(session, () => {
      const config = serverConfig(settings, session.io.env);
      return {
        start: (options) => startControlPlane(config, options),
        isSandbox: config.sandbox,
        clouds: config.sandbox ? [] : config.clouds.map((cloud) => describeCloud(cloud, config)),
        dataDir: config.dataDir,
        database:
          config.databaseUrl === undefined
            ? 'embedded (PGlite); set DATABASE_URL to use PostgreSQL'
            : 'PostgreSQL',
        auditAnchors: auditAnchorLocation(config),
        roles: config.roles,
        region: config.region,
        acceptsKeys: config.auth.includes('local'),
      };
    });
  }
}

/** Parses a flag if it was given. */
function ifGiven<T>(text: string | undefined, parse: (text: string) => T): T | undefined {
  return text === undefined ? undefined : parse(text);
}

function describeCloud(
  cloud: string,
  {
    awsRegion,
    awsEndpoint,
    ibmcloudEndpoint,
  }: {
    awsRegion: string;
    awsEndpoint?: string | undefined;
    ibmcloudEndpoint?: string | undefined;
  },
): string {
  if (cloud === 'ibmcloud') return ibmcloudEndpoint === undefined ? cloud : `${cloud} at ${ibmcloudEndpoint}`;
  return awsEndpoint === undefined ? `${cloud} (${awsRegion})` : `${cloud} at ${awsEndpoint}`;
}
