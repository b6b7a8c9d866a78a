import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { statement } from '../../../../src/control-plane/kernel/db/statement.ts';
import { newName } from '../../http/kit/clusters.ts';
import { createTestInstallation, type Person, type TestInstallation } from '../../http/kit/installation.ts';
import { call, newKey, type WireResponse } from '../../http/kit/requests.ts';
import type { TestServer } from '../../http/kit/server.ts';

const LIMITS = { activeClusters: 4, concurrentCreates: 3, createsPerHour: 6 };
const RUNS = 15;

let installation: TestInstallation;
let servers: TestServer[];
beforeAll(async () => {
  installation = await createTestInstallation();
  servers = [
    await installation.server({ teamLimits: LIMITS }),
    await installation.server({ teamLimits: LIMITS }),
  ];
});
afterAll(() => installation.stop());

/** Sent together with the others of its round; `copies` of it, each to either server. */
const steps = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constant('create' as const), copies: fc.integer({ min: 1, max: 3 }) }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('destroy' as const),
      copies: fc.integer({ min: 1, max: 3 }),
      which: fc.nat({ max: 9 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('retry' as const),
      copies: fc.constant(1),
      which: fc.nat({ max: 30 }),
    }),
  },
);
const plans = fc.array(fc.array(steps, { minLength: 1, maxLength: 5 }), { minLength: 1, maxLength: 4 });

interface Intent {
  readonly kind: 'create' | 'destroy';
  readonly request: Parameters<typeof call>[2];
  readonly answers: WireResponse[];
}

const counted = statement({
  name: 'test.count_team_effects',
  text: `
    select count(*)::int4 as "created",
      count(*) filter (where status <> 'DESTROYED')::int4 as "active",
      count(*) filter (where status in ('PENDING', 'CREATING'))::int4 as "creating",
      (select count(*)::int4 from jobs j join clusters c on c.id = j.resource_id where c.team = $1 and j.job_type = 'cluster.create') as "jobs",
      (select count(*)::int4 from audit_events where stream = $1 and payload like '%"action":"cluster.create"%') as "audited"
    from clusters where team = $1`,
  params: { team: 'text' },
  row: { created: 'int4', active: 'int4', creating: 'int4', jobs: 'int4', audited: 'int4' },
});

let serial = 0;

function intentOf(kind: Intent['kind'], clusterId?: string): Intent {
  const headers = { 'idempotency-key': newKey() };
  const request =
    kind === 'create'
      ? {
          method: 'POST',
          target: '/v1/clusters',
          headers,
          body: { name: newName('p'), profile: 'aws-minimal-test' },
        }
      : { method: 'POST', target: `/v1/clusters/${clusterId}/destroy`, headers };
  return { kind, request, answers: [] };
}

async function send(person: Person, intent: Intent, copy: number): Promise<void> {
  const server = servers[(copy + serial) % servers.length];
  if (!server) throw new Error('there are two servers');
  intent.answers.push(await call(server, person, intent.request));
}

/** Every accepted answer to one intent is the same one; a refusal may come before or beside it, as nothing was done. */
function acceptedOf({ answers }: Intent): string | undefined {
  const accepted = new Set(answers.filter(({ status }) => status === 202).map(({ text }) => text));
  expect(accepted.size).toBeLessThanOrEqual(1);
  for (const { status } of answers) expect([202, 409, 429]).toContain(status);
  return [...accepted][0];
}

test('G10, G18: however creates, destroys and retries fall together, no quota is exceeded and nothing is done twice', async () => {
  await fc.assert(
    fc.asyncProperty(plans, async (rounds) => {
      const team = `prop-${++serial}`;
      const person = await installation.person(team, `requester@${team}`);
      const intents: Intent[] = [];
      const created = () =>
        intents.flatMap((intent) => {
          const text = intent.kind === 'create' ? acceptedOf(intent) : undefined;
          return text === undefined ? [] : [JSON.parse(text).cluster.id as string];
        });
      for (const round of rounds) {
        const clusters = created();
        const sent = round.flatMap((step) => {
          const old = step.kind === 'retry' ? intents[step.which % Math.max(1, intents.length)] : undefined;
          const cluster =
            step.kind === 'destroy' ? clusters[step.which % Math.max(1, clusters.length)] : undefined;
          if (step.kind !== 'create' && !old && cluster === undefined) return [];
          const intent = old ?? intentOf(step.kind === 'create' ? 'create' : 'destroy', cluster);
          if (!old) intents.push(intent);
          return Array.from({ length: step.copies }, (_, copy) => send(person, intent, copy));
        });
        await Promise.all(sent);
        const [now] = await installation.db.query(counted, { team });
        expect(now?.active).toBeLessThanOrEqual(LIMITS.activeClusters);
        expect(now?.creating).toBeLessThanOrEqual(LIMITS.concurrentCreates);
        expect(now?.created).toBeLessThanOrEqual(LIMITS.createsPerHour);
        const ids = created();
        expect(new Set(ids).size).toBe(ids.length);
        expect(now).toMatchObject({ created: ids.length, jobs: ids.length, audited: ids.length });
      }
    }),
    { numRuns: RUNS },
  );
});
