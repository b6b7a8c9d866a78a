import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { expect, it } from 'vitest';
import { CLUSTER_ID, clusterOf, JOB_ID, jobOf, phaseEvent } from './support/documents.ts';
import { runCli, startCli } from './support/run-cli.ts';
import { eventStream, pageResponse, startStubServer } from './support/stub-server.ts';

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
    /^cannot reach .*: connection refused\. Trying again for 2m\.\nConnected again after \d+m?s\.\n$/,
  );
});

it('N15: a wait that is limited ends at its limit, also when the server is away', async () => {
  const run = await runCli(['wait', 'demo', '--timeout', '2s'], envOf(await freePort()));
  expect(run).toMatchObject({ code: 8, stdout: '' });
  expect(run.stderr).toMatch(/cannot reach .* Trying again for up to 2s\./);
  expect(run.stderr).toMatch(
    /Error: timed out after 2s: there was no word from the server for the last \d+s \(connection refused\)\nHint: return with/,
  );
});

it.each(['wait', 'logs'])(
  'N15: %s says that the connection is lost and that it is back, and ends well',
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
    expect(run.stderr).toMatch(/connection lost \d+s ago, retrying \(connection re(fused|set)\)/);
    expect(run.stderr).not.toContain('\u001b');
  },
);

it('N15: logs without -f does not wait', async () => {
  const run = await runCli(['logs', JOB_ID], envOf(await freePort()));
  expect(run).toMatchObject({ code: 7, stdout: '' });
  expect(run.stderr).not.toContain('Trying again');
});
