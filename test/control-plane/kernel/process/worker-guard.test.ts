import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { MARK_VARIABLE } from '../../../../src/control-plane/kernel/process/descendants.ts';
import {
  assertGuarded,
  type GuardedCommand,
  GuardLostError,
} from '../../../../src/control-plane/kernel/process/guarded-program.ts';
import { endOrphanedProcesses } from '../../../../src/control-plane/kernel/process/terminate-tree.ts';
import {
  WorkerGuard,
  type WorkerGuardOptions,
} from '../../../../src/control-plane/kernel/process/worker-guard.ts';
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

  const newGuard = (options: Partial<WorkerGuardOptions> = {}) =>
    new WorkerGuard({ guardPath: built.guardPath, leaseMs: 20_000, idleMs: 0, ...options });
  const command = (rest: Partial<GuardedCommand>): GuardedCommand => ({
    file: '/bin/sh',
    args: [],
    env: {},
    cwd: '/',
    signal: new AbortController().signal,
    killAfterMs: 200,
    ...rest,
  });
  const spawn = (rest: Partial<GuardedCommand>, guard = newGuard()) => guard.spawn(command(rest));
  const shell = (script: string, rest: Partial<GuardedCommand> = {}, guard = newGuard()) =>
    spawn({ args: ['-c', script], ...rest }, guard);
  const isGone = (pid: number) => until('the guard is gone', () => running([pid]).length === 0);
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
    const run = await spawn({
      file: process.execPath,
      args: ['-p', 'JSON.stringify(process.env)'],
      env: { A: '1' },
      onStdoutLine: heard.onLine,
    });
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
    const run = await shell('exit 7', {}, newGuard({ leaseMs: 600 }));
    // The process and its guard would end in this time, in which the event loop reads nothing and several heartbeats become due.
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1_500);
    expect(await run.exited).toEqual({ code: 7, signal: null, endedBy: 'itself' });
  });

  it('says why a program cannot be started', async () => {
    const guard = newGuard();
    await expect(spawn({ file: '/nowhere/at-all' }, guard)).rejects.toMatchObject({ code: 'ENOENT' });
    await expect(spawn({ file: built.guardPath }, guard)).rejects.toMatchObject({ code: 'EACCES' });
    const noGuard = newGuard({ guardPath: `${import.meta.dirname}/none.mjs` });
    await expect(spawn({}, noGuard)).rejects.toThrow(GuardLostError);
    await expect(spawn({ signal: AbortSignal.abort(new Error('no')) })).rejects.toThrow('no');
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
    const run = await spawn({ ...tree(), signal: abort.signal, onStdoutLine: heard.onLine });
    const pids = await treeOf(heard);
    abort.abort();
    expect(await run.exited).toEqual({ code: null, signal: 'SIGKILL', endedBy: 'abort' });
    expect(running(pids)).toEqual([]);
    await isGone(run.guardPid);
  });

  it('G7: what a child leaves running when it exits is ended too', async () => {
    const heard = lineCollector();
    const run = await spawn({ ...tree('3'), onStdoutLine: heard.onLine });
    const pids = await treeOf(heard);
    process.kill(run.pid, 'SIGUSR1');
    expect(await run.exited).toEqual({ code: 3, signal: null, endedBy: 'itself' });
    expect(running(pids)).toEqual([]);
    await isGone(run.guardPid);
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
    await until('the tree is gone', () => running(pids).length === 0);
    expect(running(guards)).toEqual(guards);
    frozen.kill('SIGCONT');
    await until('the worker heard', () => frozen.heard.lines.some((line) => line.startsWith('exited')));
    expect(frozen.heard.lines.at(-1)).toContain('"endedBy":"guard"');
  });

  it('G6: the tree ends when the lease on the work is over, though the worker lives', async () => {
    const heard = lineCollector();
    let remainingMs = 20_000;
    const run = await spawn({
      ...tree(),
      leaseRemainingMs: () => remainingMs,
      onStdoutLine: heard.onLine,
    });
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

  it('G7: the worker itself ends all trees when their guard is killed or frozen, and starts another guard', async () => {
    for (const signal of ['SIGKILL', 'SIGSTOP'] as const) {
      const guard = newGuard({ leaseMs: 500, idleMs: 60_000 });
      const [heard, others] = [lineCollector(), lineCollector()];
      const run = await spawn({ ...tree(), onStdoutLine: heard.onLine }, guard);
      const other = await spawn({ ...tree(), onStdoutLine: others.onLine }, guard);
      expect(other.guardPid).toBe(run.guardPid);
      const pids = [...(await treeOf(heard)), ...(await treeOf(others))];
      process.kill(run.guardPid, signal);
      for (const { exited } of [run, other]) {
        const exit = await exited;
        expect(exit).toEqual({ code: null, signal: null, endedBy: 'worker' });
        expect(() => assertGuarded(exit)).toThrow(GuardLostError);
      }
      expect(running([...pids, run.guardPid])).toEqual([]);
      const next = await shell('exit 3', {}, guard);
      expect(await next.exited).toEqual({ code: 3, signal: null, endedBy: 'itself' });
      expect(next.guardPid).not.toBe(run.guardPid);
      started.push(next.guardPid);
    }
  });

  it('G6: programs of one guard end on their own: one that is aborted, exits or loses its lease touches no other', async () => {
    const guard = newGuard();
    const abort = new AbortController();
    const last = new AbortController();
    let remainingMs = 20_000;
    const heard = Array.from({ length: 4 }, () => lineCollector());
    const [aborted, exits, expires, stays] = await Promise.all(
      [
        { ...tree(), signal: abort.signal },
        tree('3'),
        { ...tree(), leaseRemainingMs: () => remainingMs },
        { ...tree(), signal: last.signal },
      ].map((each, index) => spawn({ ...each, onStdoutLine: (line) => heard[index]?.onLine(line) }, guard)),
    );
    const pids = await Promise.all(heard.map(treeOf));
    const [, , , others = []] = pids;
    abort.abort();
    expect(await aborted?.exited).toEqual({ code: null, signal: 'SIGKILL', endedBy: 'abort' });
    expect(running(pids.slice(1).flat()).length).toBe(3 * TREE_SIZE);
    if (exits !== undefined) process.kill(exits.pid, 'SIGUSR1');
    expect(await exits?.exited).toEqual({ code: 3, signal: null, endedBy: 'itself' });
    remainingMs = 0;
    expect(await expires?.exited).toMatchObject({ endedBy: 'guard' });
    expect(running(pids.flat()).sort()).toEqual([...others].sort());
    last.abort();
    expect(await stays?.exited).toMatchObject({ endedBy: 'abort' });
    expect(running(pids.flat())).toEqual([]);
  });

  it('a program that writes without end, or keeps its output open, holds up no other', async () => {
    const guard = newGuard();
    const abort = new AbortController();
    let bytes = 0;
    const flood = await shell(
      'yes xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx',
      {
        signal: abort.signal,
        onStdoutLine: (line) => {
          bytes += line.length;
        },
      },
      guard,
    );
    await until('megabytes have come', () => bytes > 4_000_000);
    const heard = lineCollector();
    const calm = await shell('echo calm; exit 4', { onStdoutLine: heard.onLine }, guard);
    expect(await calm.exited).toEqual({ code: 4, signal: null, endedBy: 'itself' });
    expect(heard.lines).toEqual(['calm']);
    abort.abort();
    expect(await flood.exited).toMatchObject({ endedBy: 'abort' });
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
