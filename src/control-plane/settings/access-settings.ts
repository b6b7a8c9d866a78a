import * as z from 'zod';
import { AUTH_MODES } from '../kernel/caller.ts';
import { SetupError } from '../kernel/errors.ts';
import { type Settings, setting } from '../kernel/settings/setting.ts';
import { STS_REGION_NAMES } from '../kernel/sts/proof.ts';

/** Who may authenticate, and how. */
export const ACCESS_SETTINGS = {
  auth: setting(z.array(z.enum(AUTH_MODES)).min(1).default(['local']), {
    flag: '--auth',
    variable: 'OCPCTL_AUTH_MODES',
    meaning: 'authentication modes, comma-separated: `local`, `sts`, `gateway`',
  }),
  awsAccounts: setting(z.array(z.string().regex(/^\d{12}$/, 'an AWS account has 12 digits')).default([]), {
    variable: 'OCPCTL_AWS_ACCOUNTS',
    meaning:
      'AWS accounts whose users and roles may sign in, comma-separated; required for `sts` and `gateway`',
  }),
  bootstrapAdmins: setting(z.array(z.string()).default([]), {
    flag: '--bootstrap-admin',
    meaning: 'principals that are made admins at each start',
  }),
  audience: setting(
    z
      .string()
      .regex(/^[!-~]{1,200}$/)
      .optional(),
    {
      variable: 'OCPCTL_AUDIENCE',
      fallback: '`ocpctl://` and the first public host, else the address',
      meaning: 'the name of this server, which proofs of AWS credentials are bound to',
    },
  ),
  sessionMinutes: setting(z.int().min(1).max(15).default(15), {
    variable: 'OCPCTL_SESSION_MINUTES',
    meaning: 'life of a session in minutes, at most 15',
  }),
  sessionsPerPrincipal: setting(z.int().min(1).default(100), {
    meaning: 'sessions of one principal at a time',
  }),
  pinAtSignIn: setting(z.boolean().default(false), {
    variable: 'OCPCTL_PIN_AT_SIGN_IN',
    meaning: 'pins grants to the AWS unique id that signs in first under their name',
  }),
  stsEndpoint: setting(z.url({ protocol: /^https?$/ }).optional(), {
    variable: 'OCPCTL_STS_ENDPOINT',
    fallback: "the endpoint of the proof's region",
    meaning: 'URL to call STS at, for example a VPC endpoint; https, except on loopback',
  }),
  stsRegions: setting(z.array(z.enum(STS_REGION_NAMES)).default([]), {
    variable: 'OCPCTL_STS_REGIONS',
    fallback: 'all',
    meaning: 'AWS regions whose proofs are accepted, comma-separated: those that this server can reach',
  }),
  gatewayHeader: setting(
    z
      .string()
      .toLowerCase()
      .regex(/^x-[a-z0-9-]{1,60}$/)
      .default('x-amzn-lattice-identity'),
    { variable: 'OCPCTL_GATEWAY_HEADER', meaning: 'header in which a gateway names the caller' },
  ),
  trustedProxies: setting(z.array(z.union([z.ipv4(), z.ipv6(), z.cidrv4(), z.cidrv6()])).default([]), {
    variable: 'OCPCTL_TRUSTED_PROXIES',
    fallback: 'loopback if the API listens there, else none',
    meaning:
      'addresses and networks, comma-separated, of the gateway and of proxies whose `X-Forwarded-For` names the client',
  }),
} as const satisfies Settings;

/** Settings that decide who can reach an authentication mode. */
export interface AccessExposure {
  readonly auth: readonly string[];
  readonly awsAccounts: readonly string[];
  readonly host: string;
  readonly trustedProxies: readonly string[];
  readonly stsEndpoint?: string | undefined;
}

/** @throws SetupError for settings that would let anyone in */
export function assertAccessIsClosed({
  auth,
  awsAccounts,
  host,
  trustedProxies,
  stsEndpoint,
}: AccessExposure): void {
  if (auth.some((mode) => mode !== 'local') && awsAccounts.length === 0) {
    throw new SetupError('no AWS account is allowed to sign in', {
      hint: 'set OCPCTL_AWS_ACCOUNTS, for example 111122223333,444455556666',
    });
  }
  if (auth.includes('gateway') && !isLoopback(host) && trustedProxies.length === 0) {
    throw new SetupError(`${host} can be reached without the gateway, and any client can send its header`, {
      hint: 'listen on 127.0.0.1, or set OCPCTL_TRUSTED_PROXIES to the addresses of the gateway',
    });
  }
  const endpoint = stsEndpoint === undefined ? undefined : new URL(stsEndpoint);
  if (endpoint?.protocol === 'http:' && !isLoopback(endpoint.hostname)) {
    throw new SetupError(`${stsEndpoint} is not encrypted: STS must be called over https`);
  }
}

/** @param host an address or a name, IPv6 with or without brackets */
export function isLoopback(host: string): boolean {
  return ['127.0.0.1', '::1', '[::1]', 'localhost'].includes(host);
}
