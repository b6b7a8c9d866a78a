import { afterAll, beforeAll, expect, test } from 'vitest';
import { createTestInstallation, type Person, type TestInstallation } from './kit/installation.ts';
import { call, parseProblem } from './kit/requests.ts';
import type { TestServer } from './kit/server.ts';

const AUDIT_EVENTS = '/v1/admin/audit/events';
const OTHERS = ['/v1/admin/audit/verification', '/v1/admin/approvals', '/v1/admin/grants', '/v1/admin/keys'];

let installation: TestInstallation;
let server: TestServer;
let admin: Person;
let other: Person;

beforeAll(async () => {
  installation = await createTestInstallation();
  server = await installation.server();
  admin = await installation.person('paging', 'platform_admin@*');
  other = await installation.person('paging-too', 'platform_admin@*');
});
afterAll(() => installation.stop());

const statusOf = async (path: string, cursor: string, person = admin) =>
  parseProblem(await call(server, person, { target: `${path}?cursor=${cursor}` })).status;

const cursorOf = (document: object) => Buffer.from(JSON.stringify(document)).toString('base64url');

/** The audit log's own cursor with its stream replaced: a reader knows all that it is made of. */
async function forged(stream: string): Promise<string> {
  const { nextCursor } = JSON.parse((await call(server, admin, { target: `${AUDIT_EVENTS}?limit=1` })).text);
  const text = Buffer.from(nextCursor, 'base64url').toString();
  return cursorOf(JSON.parse(text, (key, value) => (key === 'stream' ? stream : value)));
}

test('S3: a position that no database can store is a 400, as is one of the wrong form', async () => {
  expect((await call(server, admin, { target: `${AUDIT_EVENTS}?cursor=${await forged('a')}` })).status).toBe(
    200,
  );
  expect(await statusOf(AUDIT_EVENTS, await forged('a\0'))).toBe(400);
  expect(await statusOf(AUDIT_EVENTS, await forged('x'.repeat(300)))).toBe(400);
});

test.each(OTHERS)('S3: %s takes no cursor of another listing', async (path) => {
  const { nextCursor } = JSON.parse((await call(server, admin, { target: `${AUDIT_EVENTS}?limit=1` })).text);
  expect(await statusOf(path, nextCursor)).toBe(400);
});

test("S3: another reader's cursor is refused", async () => {
  const { nextCursor } = JSON.parse((await call(server, admin, { target: `${AUDIT_EVENTS}?limit=1` })).text);
  expect(await statusOf(AUDIT_EVENTS, nextCursor, other)).toBe(400);
});
