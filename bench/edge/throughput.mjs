import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { interleave, median } from '../lib/measure.mjs';
import { row } from '../lib/report.mjs';
import { start, startProxy, versionOf } from './proxies.mjs';

export const title = 'Edge: a reverse proxy to one upstream';

const CONNECTIONS = 32;
const ANSWER_BYTES = 200;
const PEERS = ['nginx', 'caddy'];
const GOALS = { nginx: { rate: 0.2, p99: 5 }, caddy: { rate: 0.5, p99: 2 } };

/** Requests through our edge, and through nginx and Caddy (Debian's packages) where they are installed. */
export async function measure({ rounds, quick, note }) {
  const versions = Object.fromEntries(PEERS.map((name) => [name, versionOf(name)]));
  const installed = PEERS.filter((name) => versions[name] !== undefined);
  const upstream = await start('./upstream.mjs');
  const seconds = quick ? 3 : 8;
  const through = (name) => async () => {
    const proxy = await startProxy(name, upstream.message);
    try {
      return await load(proxy, seconds);
    } finally {
      await proxy.stop();
    }
  };
  try {
    const names = ['ocpctl', ...installed];
    const seen = await interleave(
      Object.fromEntries(names.map((name) => [name, through(name)])),
      rounds,
      note,
    );
    const absent = PEERS.filter((name) => !installed.includes(name));
    const missing = absent.length > 0 ? ` (not installed: ${absent.join(', ')})` : '';
    const what = `GET of ${ANSWER_BYTES} bytes, ${CONNECTIONS} kept connections, one core each${missing}`;
    const peers = (figure, goal) =>
      installed.map((name) => ({
        name: `${name} ${versions[name]} [${cost(seen[name])}]`,
        figures: seen[name][figure],
        ...goal(GOALS[name]),
      }));
    return [
      row({
        what,
        unit: 'requests/s',
        goal: '≥ 0.2 x nginx, ≥ 0.5 x Caddy',
        ours: seen.ocpctl.perSecond,
        cost: cost(seen.ocpctl),
        peers: peers('perSecond', ({ rate }) => ({ atLeast: rate })),
        bound: BOUND,
      }),
      row({
        what: 'the same, 99th percentile',
        unit: 'ms',
        goal: '≤ 5 x nginx, ≤ 2 x Caddy',
        ours: seen.ocpctl.p99Ms,
        peers: peers('p99Ms', ({ p99 }) => ({ atMost: p99 })),
        bound: BOUND,
      }),
    ];
  } finally {
    upstream.child.disconnect();
  }
}

const BOUND =
  'headers are parsed and written as JavaScript strings; the pages, limits and counts are inside of it';

async function load(proxy, seconds) {
  const spec = { port: proxy.port, connections: CONNECTIONS, seconds, answerBytes: ANSWER_BYTES };
  const child = fork(fileURLToPath(new URL('./load.mjs', import.meta.url)), [JSON.stringify(spec)]);
  await once(child, 'message');
  const before = proxy.cpuMs();
  const [{ requests, ...figures }] = await once(child, 'message');
  const cpuUs = ((proxy.cpuMs() - before) * 1_000) / requests;
  await once(child, 'close');
  return { ...figures, cpuUs };
}

function cost({ cpuUs }) {
  return `${Math.round(median(cpuUs))} µs`;
}
