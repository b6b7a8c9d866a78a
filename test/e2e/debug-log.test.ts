import { expect, test } from 'vitest';
import { eventually } from './eventually.ts';
import { useServer } from './open-site.ts';

const CREATE = ['--profile', 'aws-minimal-test'];
const DEBUG_LINE = /^\S+ debug provision {2}.+$/m;
const open = useServer();

test('logs --level debug shows the debug output of the installer, merged by time, and only when it is asked for', async () => {
  const { site } = open();
  expect(await site.cli('create', 'demo', ...CREATE, '--wait')).toMatchObject({ code: 0 });
  const plain = (await site.cli('logs', 'demo')).stdout;
  expect(plain).not.toMatch(/^\S+ debug/m);
  const debug = (await site.cli('logs', 'demo', '--level', 'debug')).stdout;
  expect(debug).toMatch(DEBUG_LINE);
  const withoutDebug = debug.split('\n').filter((line) => !/^\S+ debug/.test(line));
  expect(withoutDebug.join('\n')).toBe(plain);
  const tail = (await site.cli('logs', 'demo', '--level', 'debug', '--tail', '3')).stdout;
  expect(debug.endsWith(tail)).toBe(true);
  expect(tail.trimEnd().split('\n')).toHaveLength(3);
});

test('logs -f --level debug shows it while the job runs', async () => {
  const { site } = open();
  await site.setFaults({ stage: 'machines', kind: 'hang', times: 1 });
  expect(await site.cli('create', 'running', ...CREATE)).toMatchObject({ code: 0 });
  const follower = site.command(['logs', 'running', '-f', '--level', 'debug']);
  let seen = '';
  follower.child.stdout?.on('data', (text: string) => {
    seen += text;
  });
  await eventually('debug output of the running job', () => DEBUG_LINE.test(seen), { explain: () => seen });
  follower.child.kill('SIGINT');
  expect(await follower.finished).toMatchObject({ code: 130 });
});
