import { resolve } from 'node:path';
import { boolean, integer, option, string } from '@oclif/core/flags';
import { BaseCommand } from '../../cli/base-command.ts';
import { choiceList, durationMs, hostPort } from '../../cli/flags/flag-values.ts';
import { INSTALLER_FLAGS, installerSettings } from '../../cli/flags/installer-flags.ts';
import { omitUndefined } from '../../cli/omit-undefined.ts';
import { runServer } from '../../cli/server/run-server.ts';

const ROLES = ['api', 'worker', 'janitor'] as const;
const AUTH_MODES = ['local', 'sts', 'gateway'] as const;

export default class Server extends BaseCommand {
  static override description = 'Run the control plane: API, worker and janitor';
  static override examples = [
    '<%= config.bin %> server --sandbox',
    'DATABASE_URL=postgres://ocpctl@127.0.0.1/ocpctl <%= config.bin %> server --sandbox --role api',
    'DATABASE_URL=postgres://ocpctl@127.0.0.1/ocpctl <%= config.bin %> server --pull-secret ./pull-secret.json',
    '<%= config.bin %> server --sandbox --listen 0.0.0.0:8420 --tls-cert ./server.pem --tls-key ./server.key',
    '<%= config.bin %> server --sandbox --listen 127.0.0.1:9000 --data ./data --profiles ./profiles',
  ];
  static override flags = {
    role: string({
      description: `what this process does: ${ROLES.join(', ')} (all three)`,
      helpValue: 'ROLE,ROLE',
    }),
    listen: string({
      description: 'address of the API (127.0.0.1:8420); port 0 takes a free one',
      helpValue: 'HOST:PORT',
    }),
    profiles: string({
      description: "folder of a site's own profiles, repeatable",
      helpValue: 'DIR',
      multiple: true,
      multipleNonGreedy: true,
    }),
    cloud: option({
      description: 'cloud to make clusters in, repeatable (aws, ibmcloud)',
      helpValue: 'CLOUD',
      options: ['aws', 'ibmcloud'] as const,
      multiple: true,
      multipleNonGreedy: true,
    })(),
    'pull-secret': string({
      description: 'file with the pull secret for clusters; OCPCTL_PULL_SECRET_FILE',
      helpValue: 'FILE',
    }),
    ...INSTALLER_FLAGS,
    sandbox: boolean({ description: 'simulate the cloud: nothing real is touched, nothing costs' }),
    auth: string({
      description: 'ways in: local keys, AWS credentials (sts), a gateway in front (local)',
      helpValue: 'MODE,MODE',
    }),
    'bootstrap-admin': string({
      description: 'make this principal an admin at the start, repeatable: role:ACCOUNT:NAME, an ARN',
      helpValue: 'PRINCIPAL',
      multiple: true,
      multipleNonGreedy: true,
    }),
    concurrency: integer({ description: 'jobs at a time in this process (4)', min: 1, max: 100 }),
    'drain-timeout': string({
      description: 'what running jobs get to end by themselves when the server stops (60s)',
      helpValue: 'DURATION',
    }),
    embedded: boolean({ description: 'accept the embedded database without --sandbox' }),
    'tls-cert': string({
      description: 'serve HTTPS with this certificate and its chain (PEM); read again when it changes',
      helpValue: 'FILE',
    }),
    'tls-key': string({ description: 'its private key (PEM, mode 0600)', helpValue: 'FILE' }),
    'metrics-listen': string({
      description: 'address of /metrics, which asks nobody who they are; none unless given',
      helpValue: 'HOST:PORT',
    }),
    'insecure-http': boolean({ description: 'serve plain HTTP on an address that others can reach' }),
  };

  async run(): Promise<void> {
    const { flags } = await this.parse(Server);
    const session = await this.open(flags);
    // Loaded only here: no other command pays for the server.
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
      drainTimeoutMs: ifGiven(flags['drain-timeout'], (text) => durationMs('drain-timeout', text)),
      // A person reads it here, a collector elsewhere; OCPCTL_LOG_FORMAT decides otherwise.
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
        start: () => startControlPlane(config),
        isSandbox: config.sandbox,
        clouds: config.sandbox ? [] : config.clouds.map((cloud) => describeCloud(cloud, config)),
        dataDir: config.dataDir,
        database:
          config.databaseUrl === undefined
            ? 'embedded (PGlite); for keeping, set DATABASE_URL to a PostgreSQL'
            : 'PostgreSQL',
        auditAnchors: auditAnchorLocation(config),
        roles: config.roles,
        region: config.region,
        acceptsKeys: config.auth.includes('local'),
      };
    });
  }
}

/** @returns what a flag that was given means. */
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
