import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { clusterOf, jobOf } from './support/documents.ts';
import { runCli } from './support/run-cli.ts';
import {
  pageResponse,
  problemResponse,
  type Routes,
  type StubResponse,
  startStubServer,
} from './support/stub-server.ts';

const { id } = clusterOf();
const FIND = {
  'GET /v1/clusters': () => pageResponse([clusterOf()]),
  [`GET /v1/clusters/${id}`]: () => ({ body: clusterOf() }),
};
const KEY_OF_USER = 'user-key-0123456789';

/** Takes the request and cuts the connection. */
const cut = (): StubResponse => ({ stream: (response) => void response.destroy() });

/** Runs a command whose change gets this answer. @returns what it said, and the idempotency keys that the server received */
async function run(argv: readonly string[], change: string, answer: () => StubResponse, routes: Routes = {}) {
  await using server = await startStubServer({ ...FIND, ...routes, [change]: answer });
  const finished = await runCli(argv, { ...server.env, OCPCTL_TIMEOUT: '5s' });
  const keys = server.received
    .filter(({ method }) => method !== 'GET')
    .map(({ headers }) => headers['idempotency-key']);
  return { ...finished, keys: [...new Set(keys)], url: server.url };
}

describe('N12: a change whose answer was lost', () => {
  it.concurrent.each([
    [['create', 'demo', '--profile', 'p'], 'POST /v1/clusters', 'ocpctl get demo'],
    [['destroy', 'demo', '--yes'], `POST /v1/clusters/${id}/destroy`, `ocpctl get ${id}`],
    [['extend', 'demo', '--by', '4h'], `POST /v1/clusters/${id}/extend`, 'ocpctl get demo'],
    [['admin', 'keys', 'create', 'ann'], 'POST /v1/admin/keys', 'ocpctl admin keys list'],
  ])(
    '%j says that it may have been accepted, how to check, and how to repeat it safely',
    async (argv, change, check) => {
      const lost = await run(argv, change, cut);
      const [key] = lost.keys;
      expect(lost).toMatchObject({ code: 7, stdout: '', keys: [expect.stringMatching(/^[\w-]{22}$/)] });
      expect(lost.stderr).toBe(
        `Error: cannot reach ${lost.url}: connection reset; the request may have been accepted\n` +
          `Hint: check with '${check}'; to repeat it safely, run the command again with --idempotency-key ${key}\n`,
      );
    },
  );

  it('is sent with the same key when the user repeats the command with it', async () => {
    const accepted = { status: 202, body: { cluster: clusterOf(), job: jobOf() } };
    const argv = ['create', 'demo', '--profile', 'p', '--idempotency-key', KEY_OF_USER];
    expect(await run(argv, 'POST /v1/clusters', () => accepted)).toMatchObject({
      code: 0,
      keys: [KEY_OF_USER],
    });
    expect((await run(argv, 'POST /v1/clusters', cut)).stderr).toContain(
      `--idempotency-key ${KEY_OF_USER}\n`,
    );
  });

  it.concurrent.each([
    [
      ['create', '--profile', 'p'],
      'POST /v1/clusters',
      /check with 'ocpctl get [a-z]+-[a-z]+-[0-9a-f]{4}'\n/,
    ],
    [['extend', 'demo', '--until', '4h'], `POST /v1/clusters/${id}/extend`, /check with 'ocpctl get demo'\n/],
  ])('%j gets no key to repeat it with: it would be another request', async (argv, change, hint) => {
    const lost = await run(argv, change, cut);
    expect(lost.stderr).toMatch(hint);
    expect(lost.stderr).not.toContain('idempotency-key');
  });

  it.concurrent.each([
    ['a proxy without a backend', 502, 'BAD_GATEWAY', 7],
    ['a server whose database was lost', 503, 'UNAVAILABLE', 7],
    ['a server that failed', 500, 'INTERNAL', 1],
    ['a server that is still working on it', 409, 'REQUEST_IN_FLIGHT', 5],
  ])('is what the answer of %s can mean', async (_, status, code, exitCode) => {
    const argv = ['create', 'demo', '--profile', 'p', '--json'];
    const lost = await run(argv, 'POST /v1/clusters', () => problemResponse(status, code, 'Because.'));
    expect(lost.code).toBe(exitCode);
    expect(JSON.parse(lost.stderr)).toMatchObject({
      error: {
        code,
        message: 'Because; the request may have been accepted',
        hint: expect.stringContaining("'ocpctl get demo'"),
        retryable: true,
        requestId: 'req_1',
      },
    });
  });

  it.concurrent.each([
    [
      'an error of the request',
      ['create', 'demo', '--profile', 'p'],
      () => problemResponse(422, 'POLICY_VIOLATION', 'no'),
    ],
    ['a rate limit', ['create', 'demo', '--profile', 'p'], () => problemResponse(429, 'RATE_LIMITED', 'no')],
    ['a dry run', ['create', 'demo', '--profile', 'p', '--dry-run'], cut],
  ])('is not what %s means', async (_, argv, answer) => {
    expect((await run(argv, 'POST /v1/clusters', answer)).stderr).not.toMatch(/accepted|idempotency/);
  });

  it('is not what a server that is not there means', async () => {
    const env = {
      OCPCTL_SERVER: 'http://127.0.0.1:9',
      OCPCTL_ACCESS_KEY_ID: 'a',
      OCPCTL_SECRET_ACCESS_KEY: 'b',
    };
    const refused = await runCli(['create', 'demo', '--profile', 'p'], { ...env, OCPCTL_TIMEOUT: '1s' });
    expect(refused.stderr).toMatch(/connection refused\nHint: check that the server is running/);
  });

  it('is possible in every command that changes something', () => {
    const src = fileURLToPath(new URL('../../src/', import.meta.url));
    const files = ['cli', 'commands'].flatMap((folder) =>
      readdirSync(join(src, folder), { recursive: true, encoding: 'utf8' })
        .filter((name) => name.endsWith('.ts'))
        .map((name) => join(folder, name)),
    );
    const withOwnKey = files.filter((name) =>
      readFileSync(join(src, name), 'utf8').includes('idempotencyKey()'),
    );
    // A dry run changes nothing, and who signs out has no session left to repeat it with.
    expect(withOwnKey.sort()).toEqual([
      'cli/clusters/request-cluster.ts',
      'cli/send-once.ts',
      'commands/logout.ts',
    ]);
  });

  it('has one key for one cluster', async () => {
    const argv = ['destroy', 'demo', 'other', '--yes', '--idempotency-key', KEY_OF_USER];
    const refused = await run(argv, `POST /v1/clusters/${id}/destroy`, cut);
    expect(refused).toMatchObject({ code: 2, keys: [] });
    expect(refused.stderr).toContain('--idempotency-key can be used with one cluster only');
  });
});
