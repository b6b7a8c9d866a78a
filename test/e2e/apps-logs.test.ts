import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { followEvents } from '../../src/client/follow-events.ts';
import type { AppLogLine, AppService, JobEvent } from '../../src/contract/documents.ts';
import { useAppsSite } from './apps-site.ts';
import { eventually } from './eventually.ts';
import { LoadBalancer } from './load-balancer.ts';

const CUTS = 20;

/** All connections to the API go through it. */
const balancer = await LoadBalancer.start();
afterAll(() => balancer.stop());
const apps = useAppsSite({ OCPCTL_PUBLIC_HOSTS: balancer.host });

/** Writes numbered lines until a file is there, then the last one. */
const writer = (what: string) => `
  const { existsSync } = require('node:fs');
  let n = 0;
  const timer = setInterval(() => {
    console.log('${what} ' + ++n);
    if (!existsSync('${join(apps().appDir, what)}')) return;
    clearInterval(timer);
    console.log('${what} end');
  }, 5);
`;
const stopWriting = (what: string) => writeFileSync(join(apps().appDir, what), '');
const numbered = (what: string, lines: readonly string[]) =>
  lines.map((_, index) => (index === lines.length - 1 ? `${what} end` : `${what} ${index + 1}`));

async function deploy(): Promise<AppService> {
  const directory = apps().source('chatty', {
    'package.json': JSON.stringify({
      name: 'chatty',
      private: true,
      scripts: { build: 'node build.js', start: 'node server.js' },
    }),
    'build.js': writer('build'),
    'server.js': `${writer('run')}; require('node:http').createServer().listen(Number(process.env.PORT), '127.0.0.1');`,
  });
  return apps().json('app', 'deploy', directory, '--name', 'chatty', '--no-wait');
}

/** Each connection brings something new before it is cut. */
async function cutOften(count: () => number): Promise<void> {
  for (let cut = 0; cut < CUTS; cut++) {
    const before = count();
    await eventually(`something came after ${cut} cuts`, () => count() > before);
    balancer.cut();
  }
}

test('P5, P17: a build and a service are followed over 20 cut connections each, without a gap or a repetition', async () => {
  const site = apps();
  balancer.add(site.server('api').url);
  await eventually('the load balancer knows the API', () => balancer.ready === 1);
  const { deployment } = await deploy();
  const deploymentId = deployment?.id ?? '';
  const jobId = (await site.deployment(deploymentId)).jobId ?? '';

  const events: JobEvent[] = [];
  const following = (async () => {
    for await (const event of followEvents(site.site.clientOf(`http://${balancer.host}`), jobId))
      events.push(event);
  })();
  await cutOften(() => events.length);
  stopWriting('build');
  await following;
  expect(events).toStrictEqual(await storedEvents(jobId));
  const built = events.map(({ message }) => message).filter((message) => /^build (\d+|end)$/.test(message));
  expect(built).toStrictEqual(numbered('build', built));

  await eventually('it is live', async () => (await site.deployment(deploymentId)).state === 'LIVE');
  const command = site.site.command([
    ...['app', 'logs', 'chatty', '-f', '--json', '--server', `http://${balancer.host}`],
  ]);
  let text = '';
  command.child.stdout?.on('data', (chunk: string) => {
    text += chunk;
  });
  await cutOften(() => text.length);
  stopWriting('run');
  await eventually('the last line came', () => text.includes('run end'));
  command.child.kill('SIGINT');
  await command.finished;
  const followed = linesOf(text);
  expect(followed).toStrictEqual(linesOf((await site.cli(['app', 'logs', 'chatty', '--json'])).stdout));
  const ran = followed.map((line) => line.text).filter((line) => /^run (\d+|end)$/.test(line));
  expect(ran).toStrictEqual(numbered('run', ran));
});

async function storedEvents(jobId: string): Promise<JobEvent[]> {
  const stored: JobEvent[] = [];
  for (;;) {
    const query = { limit: 1_000, after: stored.at(-1)?.seq ?? 0 };
    const { data } = await apps().client.GET('/v1/jobs/{id}/events', {
      params: { path: { id: jobId }, query },
    });
    stored.push(...data.items);
    if (data.nextCursor === null) return stored;
  }
}

const linesOf = (text: string): AppLogLine[] =>
  text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as AppLogLine);
