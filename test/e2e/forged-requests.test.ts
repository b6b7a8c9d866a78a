import { afterAll, beforeAll, expect, test } from 'vitest';
import { type FakeSts, proofOf, startFakeSts } from '../control-plane/http/kit/fake-sts.ts';
import type { Person } from '../control-plane/http/kit/installation.ts';
import { exchange, type SignedRequest, sign } from '../control-plane/http/kit/requests.ts';
import { useServer } from './open-site.ts';
import type { ServerProcess } from './server-process.ts';
import type { Site } from './site.ts';

const ACCOUNT = '111122223333';
/** How the servers are called by callers behind one balancer. */
const BALANCER = { url: 'http://ocpctl.test' };
const PAIRS = 1_000;
const AT_ONCE = 100;
const WHOAMI = { target: '/v1/whoami' };

let sts: FakeSts;
beforeAll(async () => {
  sts = await startFakeSts();
});
afterAll(() => sts.stop());

/** Two API processes on one PostgreSQL. The refusals of one address would be limited: that is proven elsewhere. */
const API = { args: ['--role', 'api', '--auth', 'local,sts'] };
const shared = useServer(
  () => ({
    OCPCTL_UNAUTHENTICATED_PER_MINUTE: '1000000',
    OCPCTL_PUBLIC_HOSTS: 'ocpctl.test',
    OCPCTL_AUDIENCE: 'ocpctl://pair',
    OCPCTL_AWS_ACCOUNTS: ACCOUNT,
    OCPCTL_STS_ENDPOINT: sts.url,
  }),
  API,
);
/** The first made the admin's key, which both know. */
let pair: readonly [ServerProcess, ServerProcess];
beforeAll(async () => {
  const { site } = shared();
  const [first] = site.servers;
  if (first === undefined) throw new Error('the first server runs');
  pair = [first, await site.start(API)];
});

const localAdmin = (site: Site): Person => ({ principal: 'local:admin', ...site.adminKey() });

async function sessionOn(server: ServerProcess): Promise<Person & { readonly sessionToken: string }> {
  const ann = sts.person(`arn:aws:sts::${ACCOUNT}:assumed-role/dev/ann`);
  const proof = await proofOf(server, ann, { audience: 'ocpctl://pair' });
  const headers = { 'content-type': 'application/json', ...proof };
  const answer = await exchange(server, { method: 'POST', target: '/v1/auth/sessions', headers, body: '{}' });
  expect(answer.status, answer.text).toBe(201);
  return JSON.parse(answer.text);
}

type Forgery = (
  valid: SignedRequest,
  by: Person,
  on: ServerProcess,
  other: ServerProcess,
) => SignedRequest | Promise<SignedRequest>;

const FORGERIES: readonly Forgery[] = [
  (_valid, by, on) => sign(on, { ...by, secretAccessKey: 'x'.repeat(43) }, WHOAMI),
  (_valid, by, on) =>
    sign(on, { ...by, accessKeyId: `${by.accessKeyId.slice(0, 4)}${'F'.repeat(16)}` }, WHOAMI),
  (_valid, by, _on, other) => sign(other, by, WHOAMI),
  (valid) => ({ ...valid, target: '/v1/clusters' }),
  (valid) => ({ ...valid, method: 'DELETE' }),
  (valid) => ({ ...valid, headers: { ...valid.headers, 'x-ocpctl-nonce': 'A'.repeat(22) } }),
];

test('S19: G13: of 1,000 pairs of a valid and a forged request at two server processes, every valid one passes and no forged one', async () => {
  const { site } = shared();
  const [one, two] = pair;
  const people = [localAdmin(site), await sessionOn(one)];
  const outcomes: string[] = [];
  for (let begun = 0; begun < PAIRS; begun += AT_ONCE) {
    const batch = Array.from({ length: AT_ONCE }, async (_, i) => {
      const nth = begun + i;
      const [on, other] = nth % 2 === 0 ? [one, two] : [two, one];
      const by = people[(nth >> 1) % people.length] ?? localAdmin(site);
      const valid = await sign(on, by, WHOAMI);
      const forge = FORGERIES[(nth >> 2) % FORGERIES.length];
      if (forge === undefined) throw new Error('there is a forgery for each');
      const forged = await forge(valid, by, on, other);
      const [good, bad] = await Promise.all([exchange(on, valid), exchange(on, forged)]);
      return `${good.status} ${JSON.parse(good.text).principal} ${bad.status}`;
    });
    outcomes.push(...(await Promise.all(batch)));
  }
  const counts = new Map<string, number>();
  for (const outcome of outcomes) counts.set(outcome, (counts.get(outcome) ?? 0) + 1);
  expect([...counts].sort()).toEqual([
    ['200 local:admin 401', PAIRS / 2],
    [`200 role:${ACCOUNT}:dev 401`, PAIRS / 2],
  ]);
});

test('S17: G13: one request sent to two server processes at once is let in by one of them', async () => {
  const { site } = shared();
  const outcomes = await Promise.all(
    Array.from({ length: 50 }, async () => {
      const request = await sign(BALANCER, localAdmin(site), WHOAMI);
      const answers = await Promise.all(pair.map((server) => exchange(server, request)));
      return answers.map(({ status }) => status).sort();
    }),
  );
  expect(outcomes).toEqual(outcomes.map(() => [200, 401]));
});
