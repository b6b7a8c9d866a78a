import { EventEmitter, once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { type AddressInfo, createServer } from 'node:net';
import { expect, it } from 'vitest';
import { CLUSTER_ID, clusterOf, JOB_ID, jobOf, phaseEvent } from './support/documents.ts';
import { runCli, startCli } from './support/run-cli.ts';
import { eventStream, pageResponse, type StubResponse, startStubServer } from './support/stub-server.ts';

/** A port on which nothing listens. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

const envOf = (port: number) => ({
  OCPCTL_SERVER: `http://127.0.0.1:${port}`,
  OCPCTL_ACCESS_KEY_ID: 'OCPKTEST',
  OCPCTL_SECRET_ACCESS_KEY: 'secret',
});

it('N15: logs -f waits for a server that is away at its first request, and says so', async () => {
  const port = await freePort();
  const follower = startCli(['logs', JOB_ID, '-f'], envOf(port));
  await follower.stderrHas('Trying again for 2m.');
  await using _server = await startStubServer(
    {
      [`GET /v1/jobs/${JOB_ID}`]: () => ({ body: jobOf({ status: 'RUNNING', endedAt: null }) }),
      [`GET /v1/clusters/${CLUSTER_ID}`]: () => ({ body: clusterOf() }),
      [`GET /v1/jobs/${JOB_ID}/events`]: ({ headers }) =>
        headers.accept === 'text/event-stream'
          ? eventStream([phaseEvent(1, 'restore', 'started')], jobOf())
          : pageResponse([]),
    },
    port,
  );
  const run = await follower.finished;
  expect(run).toMatchObject({ code: 0, stdout: expect.stringContaining('restore') });
  expect(run.stderr).toMatch(
    /^\d\d:\d\d:\d\dZ cannot reach .*: connection refused\. Trying again for 2m\.\n\d\d:\d\d:\d\dZ connected again\n$/,
  );
});

it('N15: a wait that is limited ends at its limit, also when the server is away', async () => {
  const run = await runCli(['wait', 'demo', '--timeout', '2s'], envOf(await freePort()));
  expect(run).toMatchObject({ code: 8, stdout: '' });
  expect(run.stderr).toMatch(/cannot reach .* Trying again for up to 2s\./);
  expect(run.stderr).toMatch(
    /Error: timed out after 2s: there was no data from the server for the last \d+s \(connection refused\)\nHint: return with/,
  );
});

it.each(['wait', 'logs'])(
  'N15: %s says once that the connection is lost and that it is back, and ends well',
  async (command) => {
    const port = await freePort();
    const routes = {
      [`GET /v1/jobs/${JOB_ID}`]: () => ({ body: jobOf({ status: 'RUNNING', endedAt: null }) }),
      [`GET /v1/clusters/${CLUSTER_ID}`]: () => ({ body: clusterOf() }),
    };
    const first = await startStubServer(
      {
        ...routes,
        [`GET /v1/jobs/${JOB_ID}/events`]: ({ headers }) =>
          headers.accept === 'text/event-stream'
            ? eventStream([phaseEvent(1, 'prepare', 'started')])
            : pageResponse([]),
      },
      port,
    );
    const argv = command === 'logs' ? ['logs', JOB_ID, '-f'] : ['wait', JOB_ID];
    const waiting = startCli(argv, envOf(port));
    await (command === 'logs' ? waiting.stdoutHas('prepare') : waiting.stderrHas('[1/7] prepare'));
    await first[Symbol.asyncDispose]();
    await waiting.stderrHas('retrying (connection re');
    await using _second = await startStubServer(
      {
        ...routes,
        [`GET /v1/jobs/${JOB_ID}/events`]: () => eventStream([phaseEvent(2, 'prepare', 'done')], jobOf()),
      },
      port,
    );
    const run = await waiting.finished;
    expect(run.code).toBe(0);
    const lost = /^\S+ connection lost \d+m?s ago, retrying \(connection re(fused|set)\)$/gm;
    expect(run.stderr.match(lost)).toHaveLength(1);
    expect(run.stderr).not.toContain('Trying again');
    expect(run.stderr).not.toContain('\u001b');
  },
);

it('logs -f --level debug, which reads two things, says once that the connection is lost', async () => {
  let isAway = false;
  let missedReads = 0;
  const lost: StubResponse = { stream: (response) => response.destroy() };
  let opened: ServerResponse | undefined;
  const reads = new EventEmitter();
  const missed = once(reads, 'missed');
  await using server = await startStubServer({
    [`GET /v1/jobs/${JOB_ID}`]: () => ({ body: jobOf({ status: 'RUNNING', endedAt: null }) }),
    [`GET /v1/clusters/${CLUSTER_ID}`]: () => ({ body: clusterOf() }),
    [`GET /v1/jobs/${JOB_ID}/debug-log`]: () => {
      // Three requests are one try; the fourth one comes after the note of the first try.
      if (isAway && ++missedReads === 4) reads.emit('missed');
      if (missedReads === 1) opened?.destroy();
      return isAway ? lost : { body: { items: [], position: '', nextCursor: null } };
    },
    [`GET /v1/jobs/${JOB_ID}/events`]: ({ headers }) => {
      if (headers.accept !== 'text/event-stream') return pageResponse([]);
      if (isAway) return lost;
      if (missedReads > 0) return eventStream([phaseEvent(2, 'prepare', 'done')], jobOf());
      isAway = true;
      return {
        stream: (response) => {
          opened = response;
          eventStream([phaseEvent(1, 'prepare', 'started')]).stream?.(response);
        },
      };
    },
  });
  const follower = startCli(['logs', JOB_ID, '-f', '--level', 'debug'], server.env);
  await missed;
  isAway = false;
  const { code, stderr } = await follower.finished;
  expect(code).toBe(0);
  expect(stderr.match(/connection lost/g)).toHaveLength(1);
  expect(stderr).not.toContain('Trying again');
});

it('N15: logs without -f does not wait', async () => {
  const run = await runCli(['logs', JOB_ID], envOf(await freePort()));
  expect(run).toMatchObject({ code: 7, stdout: '' });
  expect(run.stderr).not.toContain('Trying again');
});
