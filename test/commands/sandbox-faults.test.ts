import { expect, it } from 'vitest';
import { runCli } from './support/run-cli.ts';
import { pageResponse, type Routes, startStubServer } from './support/stub-server.ts';

const fault = {
  id: 'fault-1',
  preset: 'leak',
  stage: 'destroy',
  kind: 'leak',
  clusterName: null,
  times: 1,
  used: 0,
};
const always = { ...fault, id: 'fault-2', preset: null, clusterName: 'demo', times: null };
const routes: Routes = {
  'PUT /v1/sandbox/faults': () => pageResponse([fault, always]),
  'DELETE /v1/sandbox/faults': () => pageResponse([]),
};

it('sets presets by name, each once, and says what is in force', async () => {
  await using server = await startStubServer(routes);
  const run = await runCli(
    ['sandbox', 'faults', 'set', 'leak', 'leak', '--cluster', 'demo', '--times', '2'],
    server.env,
  );
  expect(run.code).toBe(0);
  expect(run.stdout).toMatch(
    /^PRESET +STAGE +KIND +CLUSTER +OCCURRED\nleak +destroy +leak +all +0 of 1\n- +destroy +leak +demo +always\n$/,
  );
  const [sent] = server.received;
  expect(sent?.body).toEqual({ presets: ['leak'], clusterName: 'demo', times: 2 });
  expect(sent?.headers['idempotency-key']).toMatch(/^[\w-]{16,}$/);
});

it('sends nothing without a preset or with a count that is none', async () => {
  await using server = await startStubServer(routes);
  expect(await runCli(['sandbox', 'faults', 'set'], server.env)).toMatchObject({ code: 2, stdout: '' });
  expect(await runCli(['sandbox', 'faults', 'set', 'leak', '--times', '0'], server.env)).toMatchObject({
    code: 2,
  });
  expect(server.received).toEqual([]);
});

it('clears', async () => {
  await using server = await startStubServer(routes);
  const run = await runCli(['sandbox', 'faults', 'clear', '--json'], server.env);
  expect([run.code, JSON.parse(run.stdout)]).toEqual([0, { items: [], nextCursor: null }]);
  expect(server.received.map(({ method }) => method)).toEqual(['DELETE']);
});
