import { once } from 'node:events';
import { connect } from 'node:net';
import { quantile } from '../lib/measure.mjs';

/** Requests on kept connections, one after the other on each, for some time. Prints rate and latencies as JSON. */
const { port, connections, seconds, answerBytes } = JSON.parse(process.argv[2]);
const REQUEST =
  'GET /some/path?with=query HTTP/1.1\r\nHost: bench.localhost\r\nAccept: */*\r\nUser-Agent: bench\r\n\r\n';
const HEAD_END = Buffer.from('\r\n\r\n');

const latencies = [];
let counting = false;
let stopped = false;

async function run() {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true });
  await once(socket, 'connect');
  let begun = performance.now();
  let left = -1;
  socket.on('data', (chunk) => {
    if (left < 0) {
      const end = chunk.indexOf(HEAD_END);
      if (end < 0 || chunk.toString('latin1', 0, 12) !== 'HTTP/1.1 200')
        throw new Error(`an answer that is not a 200: ${chunk}`);
      left = answerBytes - (chunk.length - end - HEAD_END.length);
    } else left -= chunk.length;
    if (left > 0) return;
    left = -1;
    if (counting) latencies.push(performance.now() - begun);
    if (stopped) socket.end();
    else {
      begun = performance.now();
      socket.write(REQUEST);
    }
  });
  socket.write(REQUEST);
  await once(socket, 'close');
}

const running = Promise.all(Array.from({ length: connections }, run));
const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
// Not counted: compilers warm up.
await wait(1_500);
counting = true;
process.send?.('begin');
const startedAt = performance.now();
await wait(seconds * 1_000);
counting = false;
const elapsed = (performance.now() - startedAt) / 1_000;
process.send?.({
  perSecond: latencies.length / elapsed,
  p50Ms: quantile(latencies, 0.5),
  p99Ms: quantile(latencies, 0.99),
  requests: latencies.length,
});
stopped = true;
await running;
process.disconnect?.();
