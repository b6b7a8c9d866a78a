import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { expect, it } from 'vitest';
import { JOB_ID, jobOf, phaseEvent } from './support/documents.ts';
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
      [`GET /v1/jobs/${JOB_ID}/events`]: ({ headers }) =>
        headers.accept === 'text/event-stream'
          ? eventStream([phaseEvent(1, 'restore', 'started')], jobOf())
          : pageResponse([]),
    },
    port,
  );
  const run = await follower.finished;
  expect(run).toMatchObject({ code: 0, stdout: expect.stringContaining('restore') });
  expect(run.stderr).toMatch(/^cannot reach .*: connection refused\. Trying again for 2m\.\n$/);
});

it('N15: a wait that is limited ends at its limit, also when the server is away', async () => {
  const run = await runCli(['wait', 'demo', '--timeout', '2s'], envOf(await freePort()));
  expect(run).toMatchObject({ code: 8, stdout: '' });
  expect(run.stderr).toContain('timed out after 2s');
});

it('N15: logs without -f does not wait', async () => {
  const run = await runCli(['logs', JOB_ID], envOf(await freePort()));
  expect(run).toMatchObject({ code: 7, stdout: '' });
  expect(run.stderr).not.toContain('Trying again');
});
