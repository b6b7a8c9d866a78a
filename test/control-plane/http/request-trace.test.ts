import { afterAll, beforeAll, expect, test } from 'vitest';
import { statement } from '../../../src/control-plane/kernel/db/statement.ts';
import { createTestInstallation, type Person, type TestInstallation } from './kit/installation.ts';
import { exchange, newKey, sign } from './kit/requests.ts';
import type { TestServer } from './kit/server.ts';

let installation: TestInstallation;
let server: TestServer;
let ann: Person;

beforeAll(async () => {
  installation = await createTestInstallation();
  server = await installation.server();
  ann = await installation.person('ann', 'requester@a');
});
afterAll(() => installation.stop());

const traceOfJob = statement({
  name: 'test.trace_of_job',
  text: `select traceparent from jobs where resource_name = $1`,
  params: { name: 'text' },
  row: { traceparent: 'text?' },
});

test.each([
  ['valid', '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01', true],
  ['broken', '00-0-0-zz', false],
  ['huge', 'a'.repeat(4_000), false],
] as const)(
  'the job of a request keeps its trace; a header that is %s changes no answer',
  async (name, traceparent, isKept) => {
    const body = { name: `trace-${name}`, profile: 'aws-minimal-test' };
    const headers = { 'idempotency-key': newKey() };
    const signed = await sign(server, ann, { method: 'POST', target: '/v1/clusters', body, headers });
    // After signing, as a proxy does.
    const answer = await exchange(server, { ...signed, headers: { ...signed.headers, traceparent } });
    expect(answer.status).toBe(202);
    const [job] = await installation.db.query(traceOfJob, { name: body.name });
    expect(job?.traceparent).toBe(isKept ? traceparent : null);
    const traced = installation.logLines.join('').includes('"traceId":"0af7651916cd43dd8448eb211c80319c"');
    expect(traced).toBe(true);
  },
);
