import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readFaults } from '../../src/sandbox/faults/faults.ts';
import { destroyCluster, getClusterNamed, untilStatus } from './clusters.ts';
import { eventually } from './eventually.ts';
import { useServer } from './open-site.ts';
import type { Finished } from './site.ts';
import { untilGone } from './until-gone.ts';

// The moves of the clock are no pause of the API: shorter than the lease.
const shared = useServer({ OCPCTL_LEASE_MS: String(60 * 60_000) });

const PROFILE = ['--profile', 'aws-minimal-test'];

/** Starts `ocpctl run NAME FLAGS -- WORDS`. */
function startRun(name: string, flags: readonly string[], words: readonly string[]) {
  return shared().site.command(['run', name, ...PROFILE, ...flags, '--', ...words]);
}

/** A command that says that it has begun, and ends when it is told to. */
function heldCommand(name: string, code: number, prelude = '') {
  const { folder } = shared().site;
  const file = (suffix: string) => join(folder, `${name}.${suffix}`);
  const script = `${prelude} echo "$KUBECONFIG" > ${file('begun')}; while [ ! -e ${file('go')} ]; do sleep 0.1; done; exit ${code}`;
  return {
    words: ['sh', '-c', script],
    begun: () => eventually(`the command of ${name} runs`, () => existsSync(file('begun'))),
    release: () => writeFileSync(file('go'), ''),
    kubeconfig: () => readFileSync(file('begun'), 'utf8').trim(),
  };
}

test('the cluster of a run can be described by a file, which flags override', async () => {
  const { site } = shared();
  const file = join(site.folder, 'run.yaml');
  writeFileSync(file, 'name: from-file\nprofile: aws-minimal-test\nworkers: 1\nkeepaliveMinutes: 5\n');
  const words = ['sh', '-c', 'echo "$OCPCTL_CLUSTER_NAME"'];
  const run = await site.command(['run', '-f', file, '--workers', '2', '--', ...words]).finished;
  expect(run, run.stderr).toMatchObject({ code: 0, stdout: 'from-file\n' });
  expect(run.stderr).toContain('within 5m if ocpctl is killed');
  const { id, workerReplicas } = await untilGone(shared(), 'from-file');
  expect({ id, workerReplicas }).toEqual({ id: expect.any(String), workerReplicas: 2 });
});

describe('G3: ocpctl run leaves no cluster', () => {
  test('when the command ends: with its code, its words, its output and nothing else on stdout', async () => {
    const print = 'process.stdout.write(JSON.stringify([process.argv.slice(1), process.env]))';
    const words = [
      process.execPath,
      '-e',
      `${print}; process.exitCode = 7`,
      '--',
      '-o',
      'json',
      '--',
      '--ttl',
      '',
    ];
    const { code, stdout, stderr } = await startRun('ends', ['--ttl', '8h', '--wait'], words).finished;
    expect(code, stderr).toBe(7);
    const [argv, env] = JSON.parse(stdout);
    expect(argv).toEqual(['-o', 'json', '--', '--ttl', '']);
    const cluster = await untilGone(shared(), 'ends');
    expect(env).toMatchObject({
      OCPCTL_CLUSTER_ID: cluster.id,
      OCPCTL_CLUSTER_NAME: 'ends',
      OCPCTL_API_URL: expect.stringContaining('https://'),
      OCPCTL_CONSOLE_URL: expect.stringContaining('https://'),
    });
    expect(existsSync(env.KUBECONFIG)).toBe(false);
    expect(stderr).toContain('The command exited with 7.');
    expect(stderr).toContain('ends is destroyed.');
    expect(cluster.destroyReason).toContain('ocpctl run: the command exited with 7');
  });

  test('when it ends well, although the server was away meanwhile', async () => {
    const { site } = shared();
    const held = heldCommand('away', 0);
    const run = startRun('away', ['--keepalive', '1m'], held.words);
    await held.begun();
    const listen = new URL(site.servers[0]?.url ?? '').host;
    await site.servers[0]?.kill();
    await site.start({ listen });
    held.release();
    const { code, stderr } = await run.finished;
    expect(code, stderr).toBe(0);
    await untilGone(shared(), 'away');
  });

  test.each(['SIGTERM', 'SIGINT'] as const)(
    'when %s ends it while the cluster is created',
    async (signal) => {
      const { site } = shared();
      const name = `early-${signal.toLowerCase()}`;
      await site.setFaults({ stage: 'machines', kind: 'hang', times: 1, match: { clusterName: name } });
      const run = startRun(name, [], ['true']);
      await eventually('the create hangs', async () => (await readFaults(site.cloudDir))[0]?.used === 1);
      run.child.kill(signal);
      expectInterrupted(await run.finished, signal);
      await untilGone(shared(), name);
    },
  );

  test.each(['SIGTERM', 'SIGINT'] as const)('when %s ends it while the command runs', async (signal) => {
    const name = `late-${signal.toLowerCase()}`;
    const held = heldCommand(name, 0, `trap '' ${signal};`);
    const run = startRun(name, ['--keep-on-failure', '2h'], held.words);
    await held.begun();
    run.child.kill(signal);
    // A runner that cancels a job kills it some seconds later: the destroy does not wait for the command.
    await untilGone(shared(), name);
    held.release();
    expectInterrupted(await run.finished, signal);
    expect(existsSync(held.kubeconfig())).toBe(false);
  });

  test('when its terminal is closed, and when an impatient user presses Ctrl-C again and again', async () => {
    const { site } = shared();
    const held = heldCommand('closed', 0);
    const closed = startRun('closed', ['--keep-on-failure', '2h'], held.words);
    await held.begun();
    closed.child.kill('SIGHUP');
    expect((await closed.finished).code).toBe(129);
    await untilGone(shared(), 'closed');
    expect(existsSync(held.kubeconfig())).toBe(false);
    await site.setFaults({ stage: 'machines', kind: 'hang', times: 1, match: { clusterName: 'impatient' } });
    const impatient = startRun('impatient', [], ['true']);
    await eventually('the create hangs', async () => (await readFaults(site.cloudDir))[0]?.used === 1);
    const pressing = setInterval(() => impatient.child.kill('SIGINT'), 5);
    const finished = await impatient.finished;
    clearInterval(pressing);
    // The last one may hit a process that has nothing left to do.
    expect([130, 'SIGINT']).toContain(finished.code);
    expect(finished.stderr).toContain('Destroying impatient');
    await untilGone(shared(), 'impatient');
  });

  test('when the server is away at the end: the request is repeated; and when another ended the cluster', async () => {
    const { site, client } = shared();
    const away = heldCommand('back', 3);
    const run = startRun('back', ['--wait'], away.words);
    await away.begun();
    const server = site.servers.at(-1);
    const listen = new URL(server?.url ?? '').host;
    await server?.kill();
    away.release();
    await eventually('the run notices it', () => run.stderr().includes('Trying again for'));
    await site.start({ listen });
    const { code, stderr } = await run.finished;
    expect(code, stderr).toBe(3);
    expect(stderr).toContain('back is destroyed.');

    const other = heldCommand('other', 0);
    const second = startRun('other', ['--wait'], other.words);
    await other.begun();
    await destroyCluster(client, (await getClusterNamed(shared().client, 'other'))?.id ?? '');
    other.release();
    const end = await second.finished;
    expect(end.code, end.stderr).toBe(0);
    expect(end.stderr).toContain('other is destroyed.');
  });

  test('when ocpctl is killed: the server destroys the cluster when the keepalive has ended', async () => {
    const { moveClock, client } = shared();
    const held = heldCommand('killed', 0);
    const run = startRun('killed', ['--keepalive', '10m'], held.words);
    await held.begun();
    run.child.kill('SIGKILL');
    held.release();
    await run.finished;
    const cluster = await getClusterNamed(shared().client, 'killed');
    expect(cluster?.status).toBe('READY');
    expect(existsSync(held.kubeconfig())).toBe(true);
    expect((await startRun('next', ['--timeout', '1s'], ['true']).finished).code).not.toBe(1);
    expect(existsSync(held.kubeconfig())).toBe(false);
    await moveClock('10 minutes 30 seconds');
    await untilStatus(client, cluster?.id ?? '', 'DESTROYED');
    await untilGone(shared(), 'killed');
  });

  test('when the cluster cannot be created, or is not READY in time', async () => {
    const { site } = shared();
    await site.setFaults({ stage: 'machines', kind: 'hang', times: 1, match: { clusterName: 'slow' } });
    const slow = await startRun('slow', ['--timeout', '3s'], ['true']).finished;
    expect(slow.code, slow.stderr).toBe(8);
    expect(slow.stderr).toContain('slow was not READY yet');
    await untilGone(shared(), 'slow');
    await site.setFaults({
      stage: 'machines',
      kind: 'fail',
      failure: 'VcpuLimitExceeded',
      match: { clusterName: 'broken' },
    });
    const broken = await startRun('broken', [], ['true']).finished;
    expect(broken.code, broken.stderr).toBe(10);
    await untilGone(shared(), 'broken');
  });

  test('but for as long as --keep-on-failure says, when the command fails', async () => {
    const { moveClock, client } = shared();
    const { code, stderr } = await startRun('kept', ['--keep-on-failure', '20m', '--wait'], ['false'])
      .finished;
    expect(code).toBe(1);
    expect(stderr).toMatch(/Kept kept until .*: 'ocpctl outputs kept --kubeconfig FILE' gives access/);
    const { id = '' } = (await getClusterNamed(shared().client, 'kept')) ?? {};
    // From the time of the machine, which the test above has left by half an hour at most.
    await moveClock('25 minutes');
    await untilStatus(client, id, 'READY');
    await moveClock('31 minutes');
    await untilGone(shared(), 'kept');
  });
});

function expectInterrupted({ code, stderr }: Finished, signal: 'SIGTERM' | 'SIGINT'): void {
  expect(code, stderr).toBe(signal === 'SIGINT' ? 130 : 143);
  expect(stderr).toMatch(/^Destroying \S+ \(clu_\w+\)\.$/m);
}

test('nothing is created for a command that does not exist, or that is missing', async () => {
  const missing = await startRun('none', [], ['no-such-command']).finished;
  expect(missing.code).toBe(127);
  expect(missing.stderr).toContain('command not found, or not executable: no-such-command');
  expect((await startRun('none', [], []).finished).code).toBe(2);
  const undashed = await shared().site.cli('run', ...PROFILE, 'oc', 'get', 'nodes');
  expect(undashed).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('missing -- before the command'),
  });
  expect(await getClusterNamed(shared().client, 'none')).toBeUndefined();
});
