import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { MARK_VARIABLE } from '../../../../src/control-plane/kernel/process/descendants.ts';
import { SpawnFailedError } from '../../../../src/control-plane/kernel/process/guard-link.ts';
import {
  type GuardedCommand,
  spawnGuarded,
} from '../../../../src/control-plane/kernel/process/guarded-process.ts';
import { endOrphanedProcesses } from '../../../../src/control-plane/kernel/process/terminate-tree.ts';
import { bundleWorker, fixture, lineCollector, running, startWorker, until } from './guard-kit.ts';

const TREE_SIZE = 4;

describe.skipIf(process.platform !== 'linux')('a guarded process', () => {
  let built: Awaited<ReturnType<typeof bundleWorker>>;
  const started: number[] = [];

  beforeAll(async () => {
    built = await bundleWorker();
  });
  afterEach(() => {
    for (const pid of running(started)) process.kill(pid, 'SIGKILL');
    started.length = 0;
  });
  afterAll(() => built.remove());

  const command = (rest: Partial<GuardedCommand>): GuardedCommand => ({
    guardPath: built.guardPath,
    file: '/bin/sh',
    args: [],
    env: {},
    cwd: '/',
    signal: new AbortController().signal,
    killAfterMs: 200,
    heartbeatMs: 1_000,
    leaseMs: 20_000,
    ...rest,
  });
  const shell = (script: string, rest: Partial<GuardedCommand> = {}) =>
    spawnGuarded(command({ args: ['-c', script], ...rest }));
  const treeOf = async (heard: ReturnType<typeof lineCollector>): Promise<number[]> => {
    const pids = await heard.pids(TREE_SIZE);
    started.push(...pids);
    return pids;
  };
  const tree = (...args: string[]) => ({ file: process.execPath, args: [fixture('tree.mjs'), ...args] });
  const worker = (leaseMs: number) => {
    const { file, args } = tree();
    const process = startWorker([built.workerPath, built.guardPath, file, String(leaseMs), ...args]);
    if (process.pid !== undefined) started.push(process.pid);
    return process;
  };

  it('passes exit codes and signals through', async () => {
    const codes = await Promise.all([
      shell('exit 0').then((run) => run.exited),
      shell('exit 7').then((run) => run.exited),
      shell('kill -QUIT $$').then((run) => run.exited),
    ]);
    expect(codes).toEqual([
      { code: 0, signal: null, endedBy: 'itself' },
      { code: 7, signal: null, endedBy: 'itself' },
      { code: null, signal: 'SIGQUIT', endedBy: 'itself' },
    ]);
  });

  it('G15: gives the child exactly the environment that it was given, and the mark', async () => {
    const heard = lineCollector();
    const run = await spawnGuarded(
      command({
        file: process.execPath,
        args: ['-p', 'JSON.stringify(process.env)'],
        env: { A: '1' },
        onStdoutLine: heard.onLine,
      }),
    );
    await run.exited;
    const env = JSON.parse(heard.lines[0] ?? '') as Record<string, string>;
    expect(Object.keys(env).sort()).toEqual(['A', MARK_VARIABLE]);
    expect(env['A']).toBe('1');
  });

  it('gives the child an empty stdin, its folder, and no end of the control socket', async () => {
    const heard = lineCollector();
    const run = await shell('cat; pwd; echo oops >&2; readlink /proc/$$/fd/*', {
      cwd: import.meta.dirname,
      onStdoutLine: heard.onLine,
      onStderrLine: heard.onLine,
    });
    await run.exited;
    const [sockets, rest] = [heard.lines.filter((line) => line.startsWith('socket:')), new Set(heard.lines)];
    expect(sockets).toHaveLength(2);
    expect(rest).toContain(import.meta.dirname);
    expect(rest).toContain('oops');
    expect(rest).toContain('/dev/null');
  });

  it('hands on all lines before it says that the process exited', async () => {
    const heard = lineCollector();
    const run = await shell('i=0; while [ $i -lt 20000 ]; do echo "line $i"; i=$((i+1)); done; printf last', {
      onStdoutLine: heard.onLine,
    });
    await run.exited;
    expect(heard.lines).toHaveLength(20_001);
    expect(heard.lines.at(-1)).toBe('last');
  });

  it('cause 7: a worker that was too busy to read that the process exited reads it before its next heartbeats fail', async () => {
    const run = await shell('exit 7', { heartbeatMs: 20 });
    // The process and its guard would end in this time, in which the event loop reads nothing and several heartbeats become due.
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1_500);
    expect(await run.exited).toEqual({ code: 7, signal: null, endedBy: 'itself' });
  });

  it('says why a program cannot be started', async () => {
    await expect(spawnGuarded(command({ file: '/nowhere/at-all' }))).rejects.toMatchObject({
      code: 'ENOENT',
    });
    await expect(spawnGuarded(command({ file: built.guardPath }))).rejects.toMatchObject({ code: 'EACCES' });
    const noGuard = spawnGuarded(command({ guardPath: `${import.meta.dirname}/none.mjs` }));
    await expect(noGuard).rejects.toThrow(SpawnFailedError);
    await expect(noGuard).rejects.toMatchObject({ code: 'GUARD_LOST' });
    await expect(spawnGuarded(command({ heartbeatMs: 10_000 }))).rejects.toThrow(RangeError);
    await expect(spawnGuarded(command({ signal: AbortSignal.abort(new Error('no')) }))).rejects.toThrow('no');
  });

  it('ends with SIGTERM what listens to it, once', async () => {
    const heard = lineCollector();
    const abort = new AbortController();
    const run = await shell(
      'trap "echo asked; n=x$n; [ $n = x ] && sleep 0.3; exit 8" TERM; echo ready; while :; do sleep 0.05; done',
      { signal: abort.signal, killAfterMs: 20_000, onStdoutLine: heard.onLine },
    );
    await until('the child is ready', () => heard.lines.includes('ready'));
    abort.abort();
    expect(await run.exited).toEqual({ code: 8, signal: null, endedBy: 'abort' });
    expect(heard.lines).toEqual(['ready', 'asked']);
  });

  it('G7: an abort ends the whole tree, also what ignores SIGTERM and left its session', async () => {
    const heard = lineCollector();
    const abort = new AbortController();
    const run = await spawnGuarded(command({ ...tree(), signal: abort.signal, onStdoutLine: heard.onLine }));
    const pids = await treeOf(heard);
    abort.abort();
    expect(await run.exited).toEqual({ code: null, signal: 'SIGKILL', endedBy: 'abort' });
    expect(running([...pids, run.guardPid])).toEqual([]);
  });

  it('G7: what a child leaves running when it exits is ended too', async () => {
    const heard = lineCollector();
    const run = await spawnGuarded(command({ ...tree('3'), onStdoutLine: heard.onLine }));
    const pids = await treeOf(heard);
    process.kill(run.pid, 'SIGUSR1');
    expect(await run.exited).toEqual({ code: 3, signal: null, endedBy: 'itself' });
    expect(running([...pids, run.guardPid])).toEqual([]);
  });

  it('G7: the tree and the guard are gone after the worker is killed', async () => {
    // So long a lease that only the broken pipe can tell.
    const killed = worker(600_000);
    const pids = await treeOf(killed.heard);
    const guards = killed.heard.numbers('guard');
    expect(running([...pids, ...guards])).toHaveLength(TREE_SIZE + 1);
    killed.kill('SIGKILL');
    await until('tree and guard are gone', () => running([...pids, ...guards]).length === 0);
  });

  it('G7: the tree is gone after the worker froze, and the worker hears of it when it thaws', async () => {
    const frozen = worker(1_500);
    const pids = await treeOf(frozen.heard);
    const guards = frozen.heard.numbers('guard');
    frozen.kill('SIGSTOP');
    await until('tree and guard are gone', () => running([...pids, ...guards]).length === 0);
    frozen.kill('SIGCONT');
    await until('the worker heard', () => frozen.heard.lines.some((line) => line.startsWith('exited')));
    expect(frozen.heard.lines.at(-1)).toContain('"endedBy":"guard"');
  });

  it('G6: the tree ends when the lease on the work is over, though the worker lives', async () => {
    const heard = lineCollector();
    let remainingMs = 20_000;
    const run = await spawnGuarded(
      command({
        ...tree(),
        heartbeatMs: 50,
        leaseRemainingMs: () => remainingMs,
        onStdoutLine: heard.onLine,
      }),
    );
    const pids = await treeOf(heard);
    remainingMs = 0;
    expect(await run.exited).toMatchObject({ endedBy: 'guard' });
    expect(running(pids)).toEqual([]);
  });

  it('the guard survives the signals of a terminal', async () => {
    const heard = lineCollector();
    const abort = new AbortController();
    const run = await shell('trap "exit 5" TERM; echo ready; while :; do sleep 0.05; done', {
      signal: abort.signal,
      killAfterMs: 20_000,
      onStdoutLine: heard.onLine,
    });
    started.push(run.pid);
    await until('the child is ready', () => heard.lines.includes('ready'));
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.kill(run.guardPid, signal);
    abort.abort();
    // Only a living guard can know the code.
    expect(await run.exited).toEqual({ code: 5, signal: null, endedBy: 'abort' });
  });

  it('G7: the worker itself ends the tree when its guard is killed', async () => {
    const heard = lineCollector();
    const run = await spawnGuarded(command({ ...tree(), onStdoutLine: heard.onLine }));
    const pids = await treeOf(heard);
    process.kill(run.guardPid, 'SIGKILL');
    expect(await run.exited).toEqual({ code: null, signal: null, endedBy: 'guard' });
    expect(running(pids)).toEqual([]);
  });

  it('G6: what a worker and a guard that died together left behind is found by its owner', async () => {
    const heard = lineCollector();
    const others = lineCollector();
    const abort = new AbortController();
    const stubborn = 'trap "" TERM; echo "pid $$"; while :; do sleep 60; done';
    // The tree of this owner has a guard that is stopped for good, which is as useful as a dead one.
    const mine = await shell(stubborn, { owner: 'clu_1', onStdoutLine: heard.onLine });
    const other = await shell(stubborn, {
      owner: 'clu_12',
      onStdoutLine: others.onLine,
      signal: abort.signal,
    });
    started.push(mine.guardPid, ...(await heard.pids(1)), ...(await others.pids(1)));
    process.kill(mine.guardPid, 'SIGSTOP');
    await endOrphanedProcesses('clu_1', 100);
    expect(running([mine.pid])).toEqual([]);
    expect(running([other.pid])).toEqual([other.pid]);
    process.kill(mine.guardPid, 'SIGCONT');
    abort.abort();
    await Promise.all([mine.exited, other.exited]);
  });
});
