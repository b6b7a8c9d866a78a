import { audienceOf } from '../../contract/sts-proof.ts';
import { isLoopback } from '../access-settings.ts';
import type { ServerConfig } from '../config.ts';
import { authenticator } from '../http/authentication.ts';
import { gatewayAddresses } from '../http/gateway-identity.ts';
import type { Refusals } from '../http/refusals.ts';
import type { HttpOptions } from '../http/server.ts';
import type { SignInOptions } from '../http/sign-in.ts';
import type { TlsCertificate } from '../http/tls-certificate.ts';
import { STS_GATE_LIMITS, StsGate } from '../kernel/sts/sts-gate.ts';
import { stsWire } from '../kernel/sts/sts-wire.ts';
import { systemClock } from '../kernel/time.ts';
import type { Closers, Foundation } from './foundation.ts';

const LOOPBACK = ['127.0.0.0/8', '::1'];

interface ListenerFacts {
  /** Host and port, known once it listens. */
  readonly own: () => string;
  /** What it proves itself with: a name in there is a name of ours. */
  readonly certificate: () => Pick<TlsCertificate, 'covers'> | undefined;
  readonly closers: Closers;
  /** Where those who are not let in are remembered. */
  readonly refusals: Refusals;
}

/** How callers of the API prove who they are, as the settings say. */
export function waysIn(
  config: ServerConfig,
  { db, secrets }: Pick<Foundation, 'db' | 'secrets'>,
  { own, certificate, closers, refusals }: ListenerFacts,
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
    authenticate: authenticator({ db, secrets, modes, region, hosts, now, gateway, refusals }),
    signIn: {
      ...{ db, secrets, accounts, region, refusals },
      proof: modes.has('sts') ? proofOptions(config, { db, hosts, audience, now }, closers) : undefined,
      limits: {
        minutes: config.sessionMinutes,
        perPrincipal: config.sessionsPerPrincipal,
        pinAtSignIn: config.pinAtSignIn,
      },
    },
  };
}

function proofOptions(
  { stsEndpoint }: ServerConfig,
  policy: Pick<NonNullable<SignInOptions['proof']>, 'db' | 'hosts' | 'audience' | 'now'>,
  closers: Closers,
): SignInOptions['proof'] {
  const wire = stsWire({ endpoint: stsEndpoint === undefined ? undefined : new URL(stsEndpoint) });
  closers.push(async () => wire.close());
  const gate = new StsGate(STS_GATE_LIMITS, systemClock);
  return { ...policy, wire, gate, clock: systemClock, random: Math.random };
}

/** The name or address in a Host header, without port and brackets. */
function nameIn(host: string): string {
  return host.replace(/:\d+$/, '').replace(/^\[(.*)\]$/, '$1');
}
