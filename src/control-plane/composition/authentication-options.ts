import { audienceOf } from '../../contract/sts-proof.ts';
import { authenticator } from '../http/authentication.ts';
import type { DeniedRequestLog } from '../http/denied-request-log.ts';
import { gatewayAddresses, LOOPBACK } from '../http/gateway-identity.ts';
import type { HttpOptions } from '../http/server.ts';
import type { SignInOptions } from '../http/sign-in.ts';
import type { WarningLimiter } from '../http/warning-limiter.ts';
import type { Infrastructure } from '../kernel/api/infrastructure.ts';
import { systemClock } from '../kernel/clock.ts';
import type { PrincipalRateLimiter } from '../kernel/limits/principal-rate-limiter.ts';
import { STS_CIRCUIT_BREAKER_LIMITS, StsCircuitBreaker } from '../kernel/sts/sts-circuit-breaker.ts';
import { stsClient } from '../kernel/sts/sts-client.ts';
import type { TlsCertificate } from '../kernel/tls/tls-certificate.ts';
import { isLoopback } from '../settings/access-settings.ts';
import type { ServerConfig } from '../settings/server-config.ts';
import type { Cleanups } from './infrastructure.ts';

interface ListenerFacts {
  /** Host and port, known once it listens. */
  readonly own: () => string;
  /** What it proves itself with: a name in there is a name of ours. */
  readonly certificate: () => Pick<TlsCertificate, 'covers'> | undefined;
  readonly cleanups: Cleanups;
  /** Records requests that could not be authenticated. */
  readonly deniedRequests: DeniedRequestLog;
  /** Logs what anyone can cause without signing in. */
  readonly warnings: WarningLimiter;
}

/** How callers of the API prove who they are, as the settings say. */
export function authenticationOptions(
  config: ServerConfig,
  {
    db,
    secrets,
    principalLimiter,
  }: Pick<Infrastructure, 'db' | 'secrets'> & { principalLimiter: PrincipalRateLimiter },
  { own, certificate, cleanups, deniedRequests, warnings }: ListenerFacts,
): Pick<HttpOptions, 'authenticate' | 'signIn'> {
  const { region, publicHosts, gatewayHeader, trustedProxies } = config;
  const modes = new Set(config.auth);
  const accounts = new Set(config.awsAccounts);
  const hosts = (host: string) =>
    [own(), own().replace(/^.*(?=:\d+$)/, 'localhost'), ...publicHosts].includes(host) ||
    (certificate()?.covers(nameIn(host)) ?? false);
  const now = systemClock.now;
  const gateway = {
    header: gatewayHeader,
    isGateway: gatewayAddresses(isLoopback(config.host) ? [...LOOPBACK, ...trustedProxies] : trustedProxies),
    accounts,
  };
  const audience = () => config.audience ?? audienceOf(publicHosts[0] ?? own());
  return {
    authenticate: authenticator({
      db,
      secrets,
      principalLimiter,
      modes,
      region,
      hosts,
      now,
      gateway,
      deniedRequests,
      warnings,
    }),
    signIn: {
      ...{ db, secrets, accounts, region, deniedRequests, warnings },
      proof: modes.has('sts') ? proofOptions(config, { db, hosts, audience, now }, cleanups) : undefined,
      limits: {
        minutes: config.sessionMinutes,
        perPrincipal: config.sessionsPerPrincipal,
        pinAtSignIn: config.pinAtSignIn,
      },
    },
  };
}

function proofOptions(
  { stsEndpoint, stsRegions }: ServerConfig,
  policy: Pick<NonNullable<SignInOptions['proof']>, 'db' | 'hosts' | 'audience' | 'now'>,
  cleanups: Cleanups,
): SignInOptions['proof'] {
  const wire = stsClient({ endpoint: stsEndpoint === undefined ? undefined : new URL(stsEndpoint) });
  cleanups.push(async () => wire.close());
  const gate = new StsCircuitBreaker(STS_CIRCUIT_BREAKER_LIMITS, systemClock);
  const regions = stsRegions.length === 0 ? undefined : new Set<string>(stsRegions);
  return { ...policy, regions, client: wire, circuitBreaker: gate, clock: systemClock, random: Math.random };
}

/** The name or address in a Host header, without port and brackets. */
function nameIn(host: string): string {
  return host.replace(/:\d+$/, '').replace(/^\[(.*)\]$/, '$1');
}
