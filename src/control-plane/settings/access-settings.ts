import * as z from 'zod';
import { AUTH_MODES } from '../kernel/caller.ts';
import { SetupError } from '../kernel/errors.ts';
import { listOf, numberOf } from '../kernel/settings/environment-values.ts';

/** Who may come in, and how they prove it. */
export const ACCESS_SETTINGS = {
  /** Ways in: keys made here, AWS credentials, the word of a gateway. `--auth`, OCPCTL_AUTH_MODES, comma-separated. */
  auth: z.array(z.enum(AUTH_MODES)).min(1).default(['local']),
  /** AWS accounts whose users and roles may come in. OCPCTL_AWS_ACCOUNTS, comma-separated. */
  awsAccounts: z.array(z.string().regex(/^\d{12}$/, 'an AWS account has 12 digits')).default([]),
  /** The name by which clients ask for this server when they prove who they are. OCPCTL_AUDIENCE. */
  audience: z
    .string()
    .regex(/^[!-~]{1,200}$/)
    .optional(),
  /** Connects there to ask STS, for example a VPC endpoint. OCPCTL_STS_ENDPOINT. */
  stsEndpoint: z.url({ protocol: /^https?$/ }).optional(),
  /** Life of a session. OCPCTL_SESSION_MINUTES. */
  sessionMinutes: z.int().min(1).max(15).default(15),
  sessionsPerPrincipal: z.int().min(1).default(100),
  /** Ties grants to the AWS unique id that signs in first under their name. OCPCTL_PIN_AT_SIGN_IN. */
  pinAtSignIn: z.boolean().default(false),
  /** Principals that are made admins at the start. `--bootstrap-admin`. */
  bootstrapAdmins: z.array(z.string()).default([]),
  /** Header in which a gateway says who calls. OCPCTL_GATEWAY_HEADER. */
  gatewayHeader: z
    .string()
    .toLowerCase()
    .regex(/^x-[a-z0-9-]{1,60}$/)
    .default('x-amzn-lattice-identity'),
  /**
   * Addresses and networks of the gateway (loopback too when the API listens there), and of proxies whose X-Forwarded-For says who
   * asks. OCPCTL_TRUSTED_PROXIES, comma-separated.
   */
  trustedProxies: z.array(z.union([z.ipv4(), z.ipv6(), z.cidrv4(), z.cidrv6()])).default([]),
} as const;

export function accessSettingsFrom(env: NodeJS.ProcessEnv): Record<string, unknown> {
  const pin = env['OCPCTL_PIN_AT_SIGN_IN'];
  return {
    auth: listOf(env['OCPCTL_AUTH_MODES']),
    awsAccounts: listOf(env['OCPCTL_AWS_ACCOUNTS']),
    audience: env['OCPCTL_AUDIENCE'] || undefined,
    stsEndpoint: env['OCPCTL_STS_ENDPOINT'] || undefined,
    sessionMinutes: numberOf(env['OCPCTL_SESSION_MINUTES']),
    pinAtSignIn: pin ? ['1', 'true', 'yes'].includes(pin) : undefined,
    gatewayHeader: env['OCPCTL_GATEWAY_HEADER'] || undefined,
    trustedProxies: listOf(env['OCPCTL_TRUSTED_PROXIES']),
  };
}

/** What decides whether a way in is open wider than it was meant to be. */
export interface AccessExposure {
  readonly auth: readonly string[];
  readonly awsAccounts: readonly string[];
  readonly host: string;
  readonly trustedProxies: readonly string[];
  readonly stsEndpoint?: string | undefined;
}

/** @throws SetupError for settings that would let anybody in */
export function assertAccessIsClosed({
  auth,
  awsAccounts,
  host,
  trustedProxies,
  stsEndpoint,
}: AccessExposure): void {
  if (auth.some((mode) => mode !== 'local') && awsAccounts.length === 0) {
    throw new SetupError('no AWS account is named whose users and roles may come in', {
      hint: 'OCPCTL_AWS_ACCOUNTS=111122223333,444455556666',
    });
  }
  if (auth.includes('gateway') && !isLoopback(host) && trustedProxies.length === 0) {
    throw new SetupError(
      `${host} can be reached by others than the gateway, and everybody can write its header`,
      { hint: 'listen on 127.0.0.1, or name the addresses of the gateway in OCPCTL_TRUSTED_PROXIES' },
    );
  }
  const endpoint = stsEndpoint === undefined ? undefined : new URL(stsEndpoint);
  if (endpoint?.protocol === 'http:' && !isLoopback(endpoint.hostname)) {
    throw new SetupError(`${stsEndpoint} would tell others who may come in: STS is asked over https`);
  }
}

/** @param host an address or a name, IPv6 with or without brackets */
export function isLoopback(host: string): boolean {
  return ['127.0.0.1', '::1', '[::1]', 'localhost'].includes(host);
}
