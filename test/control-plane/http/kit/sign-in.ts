import { systemClock } from '../../../../src/control-plane/kernel/clock.ts';
import type { SessionLimits } from '../../../../src/control-plane/kernel/sessions/sessions.ts';
import {
  STS_CIRCUIT_BREAKER_LIMITS,
  StsCircuitBreaker,
  type StsCircuitBreakerLimits,
} from '../../../../src/control-plane/kernel/sts/sts-circuit-breaker.ts';
import { stsClient } from '../../../../src/control-plane/kernel/sts/sts-client.ts';
import { type AwsPerson, type FakeSts, type ProofDraft, proofOf } from './fake-sts.ts';
import type { Person, TestInstallation } from './installation.ts';
import { exchange, type WireResponse } from './requests.ts';
import type { TestServer, TestServerOptions } from './server.ts';

export const ACCOUNT = '111122223333';

export interface StsServerOptions {
  readonly gate?: Partial<StsCircuitBreakerLimits>;
  readonly limits?: Partial<SessionLimits>;
  readonly regions?: readonly string[];
  readonly timeoutMs?: number;
  readonly now?: () => Date;
  readonly modes?: TestServerOptions['modes'];
}

/** A server of the installation that lets people of one AWS account in. */
export function stsServer(
  installation: TestInstallation,
  sts: Pick<FakeSts, 'url'>,
  options: StsServerOptions = {},
): Promise<TestServer> {
  const wire = stsClient({ endpoint: new URL(sts.url), timeoutMs: options.timeoutMs ?? 3_000 });
  const now = options.now ?? systemClock.now;
  return installation.server({
    modes: options.modes ?? ['local', 'sts'],
    now,
    signIn: (db, host) => ({
      accounts: new Set([ACCOUNT]),
      limits: { minutes: 15, perPrincipal: 100, pinAtSignIn: false, ...options.limits },
      proof: {
        ...{ db, client: wire, now },
        regions: options.regions && new Set(options.regions),
        audience: () => `ocpctl://${host()}`,
        hosts: (name) => name === host(),
        circuitBreaker: new StsCircuitBreaker(
          // All requests of tests come from one address.
          {
            ...STS_CIRCUIT_BREAKER_LIMITS,
            concurrentPerAddress: 20,
            rejectionsPerMinute: 10_000,
            ...options.gate,
          },
          systemClock,
        ),
        clock: { ...systemClock, sleep: async () => {} },
        random: Math.random,
      },
    }),
  });
}

export interface SignInDraft extends ProofDraft {
  /** Replace or, when undefined, remove headers after the proof was made. */
  readonly change?: Readonly<Record<string, string | undefined>>;
  readonly sentBody?: string;
  readonly sentTarget?: string;
  readonly sentMethod?: string;
}

/** One sign-in, changed between the making and the sending where a test wants that. */
export async function signIn(
  server: TestServer,
  person: AwsPerson,
  draft: SignInDraft = {},
): Promise<WireResponse> {
  const headers: Record<string, string | undefined> = {
    'content-type': 'application/json',
    ...(await proofOf(server, person, draft)),
    ...draft.change,
  };
  return exchange(server, {
    method: draft.sentMethod ?? 'POST',
    target: draft.sentTarget ?? '/v1/auth/sessions',
    headers: Object.fromEntries(
      Object.entries(headers).filter((entry): entry is [string, string] => entry[1] !== undefined),
    ),
    body: draft.sentBody ?? draft.body ?? '{}',
  });
}

/** The keys that a sign-in gave, as someone who signs with them. */
export function parseSessionKeys(
  answer: WireResponse,
): Person & { readonly sessionToken: string; readonly expiresAt: string } {
  if (answer.status !== 201) throw new Error(`not signed in: ${answer.status} ${answer.text}`);
  return JSON.parse(answer.text);
}
