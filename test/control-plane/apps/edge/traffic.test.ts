import { expect, test } from 'vitest';
import { LATENCY_BOUNDS_MS } from '../../../../src/control-plane/apps/policy/latency.ts';
import { createMetrics } from '../../../../src/control-plane/kernel/telemetry/metrics.ts';
import { ask, startEdge, startUpstream } from './edge-fixture.ts';

const STATUSES = [200, 204, 301, 404, 410, 500, 503];

async function start(options = {}) {
  const upstream = await startUpstream('a', (request, response) => {
    request.resume();
    request.on('end', () => response.writeHead(Number(request.url?.slice(1, 4))).end());
  });
  const edge = await startEdge(options);
  edge.route([upstream]);
  return edge;
}

test('P17: traffic is counted by service since the last call', async () => {
  const { edge, port, route } = await start();
  for (const status of STATUSES) await ask(port, { path: `/${status}`, method: 'POST', body: '12345' });
  await ask(port, { headers: { host: 'other.example.test' } });

  const [traffic, ...others] = edge.takeTraffic();
  expect(others).toEqual([]);
  expect(traffic).toMatchObject({
    serviceId: 'svc_1',
    requests: 7,
    clientErrors: 2,
    serverErrors: 2,
    bytesIn: 35,
  });
  expect(traffic?.latency).toHaveLength(LATENCY_BOUNDS_MS.length + 1);
  expect(traffic?.latency.reduce((sum, count) => sum + count, 0)).toBe(7);
  expect(edge.takeTraffic()).toEqual([]);

  await ask(port, { path: '/200' });
  edge.apply({ generation: 1_000, routes: [] });
  expect(edge.takeTraffic()).toMatchObject([{ serviceId: 'svc_1', requests: 1 }]);
  route([]);
  expect(edge.takeTraffic()).toEqual([]);
});

test('the latency of an answer is counted below the first bound that it does not exceed', async () => {
  let nowMs = 0;
  const clock = { now: () => new Date(0), monotonicMs: () => nowMs };
  const upstream = await startUpstream('a', (_request, response) => {
    nowMs += 15;
    response.end();
  });
  const { edge, port, route } = await startEdge({ clock });
  route([upstream]);
  await ask(port);
  const [traffic] = edge.takeTraffic();
  expect(traffic?.latency[LATENCY_BOUNDS_MS.indexOf(20)]).toBe(1);
});

test('each request has one line in the access log, without its query', async () => {
  const { port, lines } = await start();
  await ask(port, { path: '/200?token=secret', method: 'POST', body: '12345' });
  expect(lines).toHaveLength(1);
  expect(lines[0]).toMatchObject({
    msg: 'request',
    requestId: 'req_1',
    method: 'POST',
    host: 'shop.example.test',
    path: '/200',
    status: 200,
    serviceId: 'svc_1',
    upstream: 'a',
    bytesIn: 5,
  });
  expect(JSON.stringify(lines)).not.toContain('secret');
});

test('a share of the requests is logged, and all that failed; or none', async () => {
  let drawn = 0.1;
  const { port, lines } = await start({ accessLogShare: 0.25, random: () => drawn });
  await ask(port, { path: '/200' });
  drawn = 0.3;
  await ask(port, { path: '/404' });
  await ask(port, { path: '/500' });
  expect(lines.map(({ status }) => status)).toEqual([200, 500]);

  const silent = await start({ accessLogShare: 0 });
  await ask(silent.port, { path: '/500' });
  expect(silent.lines).toEqual([]);
});

test('metrics are kept by service, and dropped with it', async () => {
  const { edge, port } = await start();
  const metrics = await createMetrics({ query: async () => [] }, [], [edge.metrics]);
  for (const status of [200, 200, 500]) await ask(port, { path: `/${status}` });
  const { text } = await metrics.render();
  expect(text).toContain('ocpctl_edge_requests_total{service="svc_1",status="200"} 2');
  expect(text).toContain('ocpctl_edge_requests_total{service="svc_1",status="500"} 1');
  expect(text).toContain('ocpctl_edge_first_byte_seconds_count{service="svc_1"} 3');
  expect(text).toContain('ocpctl_edge_in_flight{service="svc_1"} 0');

  edge.apply({ generation: 1_000, routes: [] });
  edge.takeTraffic();
  expect((await metrics.render()).text).not.toContain('svc_1');
});

test('failures of upstreams are counted by kind', async () => {
  const { edge, port, route } = await startEdge();
  const metrics = await createMetrics({ query: async () => [] }, [], [edge.metrics]);
  const upstream = await startUpstream('a', (request) => request.socket.resetAndDestroy());
  route([upstream]);
  await ask(port);
  await upstream.stop();
  await ask(port, { method: 'POST' });
  const { text } = await metrics.render();
  expect(text).toContain('ocpctl_edge_upstream_errors_total{service="svc_1",kind="reset"} 1');
  expect(text).toContain('ocpctl_edge_upstream_errors_total{service="svc_1",kind="refused"} 1');
});
