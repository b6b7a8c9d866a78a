import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import type { ApiClient } from '../../src/client/api-client.ts';
import { openSecuritySite } from './open-security-site.ts';
import { report, reportSkipped, runTool } from './tools.ts';

const CONNECTIONS = 120;
/** The longest limit of the listener is 20 s of silence: an attack that goes on for longer finds out whether it holds. */
const ATTACK_SECONDS = 75;
/** What a client of ours keeps open meanwhile. */
const OURS = 3;

const ATTACKS = {
  'slow headers': ['-H', '-i', '2', '-x', '10', '-u', '/healthz'],
  'slow body': ['-B', '-i', '2', '-x', '10', '-s', '8192', '-t', 'POST', '-u', '/v1/clusters'],
  'slow read': ['-X', '-w', '1', '-y', '8', '-n', '5', '-z', '1', '-k', '1', '-u', '/v1/whoami'],
};

test('slowhttptest: slow clients are closed, and others are served meanwhile', async ({ skip }) => {
  const version = await runTool('slowhttptest', ['-h'], { timeoutMs: 10_000 }).catch(() => undefined);
  if (version === undefined) {
    reportSkipped('slowhttptest', 'it is not installed (Debian: apt-get install slowhttptest)');
    return skip('not installed');
  }
  const site = openSecuritySite();
  const server = await site.start();
  const port = Number(new URL(server.url).port);
  const over = new AbortController();
  const legitimate = sendRequests(site.client(server), over.signal);
  const attacks = Object.values(ATTACKS).map((args) => {
    const target = args.map((word) => (word.startsWith('/') ? `${server.url}${word}` : word));
    const common = ['-c', CONNECTIONS, '-r', 60, '-l', ATTACK_SECONDS, '-p', 3].map(String);
    const timeoutMs = (ATTACK_SECONDS + 15) * 1000;
    return runTool('slowhttptest', [...target, ...common], { timeoutMs, signal: over.signal });
  });
  const attacked = Promise.all(attacks).then(() => over.abort());
  let peak = 0;
  let held = Number.POSITIVE_INFINITY;
  // An attacker that does not read cannot see that it was closed: the server's side of the connections is counted.
  while (!over.signal.aborted) {
    held = await establishedAt(port);
    peak = Math.max(peak, held);
    if (peak > CONNECTIONS && held <= OURS) over.abort();
    else await sleep(500);
  }
  await attacked;
  const { answered, failed } = await legitimate;
  const problems = [...(held > OURS ? [`${held} connections were still held`] : []), ...failed];
  report(
    'slowhttptest',
    `${Object.keys(ATTACKS).join(', ')}, each on ${CONNECTIONS} connections (${peak} held at the worst moment) beside ${answered} requests of a client of ours`,
    problems.length === 0 ? 'all closed, every request answered' : problems.join(', '),
  );
  expect(peak).toBeGreaterThan(CONNECTIONS);
  expect(problems).toEqual([]);
  expect(answered).toBeGreaterThan(5);
});

/** Someone with work to do, as long as the attack lasts. */
async function sendRequests(
  client: ApiClient,
  over: AbortSignal,
): Promise<{ answered: number; failed: string[] }> {
  const failed: string[] = [];
  let answered = 0;
  while (!over.aborted) {
    await client.GET('/v1/whoami').then(
      () => answered++,
      (error: Error) => failed.push(`a request was not answered: ${error.message}`),
    );
    await sleep(250);
  }
  return { answered, failed };
}

/** Connections that a server on loopback has open, from the kernel's own table. */
async function establishedAt(port: number): Promise<number> {
  const local = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  const rows = (await readFile('/proc/net/tcp', 'utf8')).split('\n').map((line) => line.trim().split(/ +/));
  return rows.filter(([, address = '', , state]) => address.endsWith(local) && state === '01').length;
}
