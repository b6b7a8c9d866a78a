import { describe, expect, it } from 'vitest';
import {
  classifyExit,
  EXIT_RULES,
  type ExitRule,
  type InstallerExit,
  type InstallerStage,
} from '../../../../src/control-plane/clusters/installer/exit-outcome.ts';

const base: InstallerExit = {
  command: 'create',
  stage: 'cluster',
  code: 0,
  signal: null,
  weSentSignal: false,
  reachedInfrastructure: true,
};

const STAGES: readonly [InstallerExit['command'], InstallerStage][] = [
  ['create', 'manifests'],
  ['create', 'ignition-configs'],
  ['create', 'cluster'],
  ['wait-for', 'bootstrap-complete'],
  ['wait-for', 'install-complete'],
  ['destroy', 'cluster'],
];
const CODES = [null, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 42, 124, 130, 137, 143, 255];

/** Each of the installer's possible ends. */
function* allExits(): Generator<InstallerExit> {
  for (const [command, stage] of STAGES)
    for (const code of CODES)
      for (const weSentSignal of [false, true])
        for (const reachedInfrastructure of [false, true])
          yield {
            command,
            stage,
            code,
            signal: code === null ? 'SIGKILL' : null,
            weSentSignal,
            reachedInfrastructure,
          };
}

describe('classifyExit', () => {
  it.each([
    [0, 'everything', 'succeed'],
    [1, 'maybe', 'destroy'],
    [2, 'maybe', 'destroy'],
    [3, 'maybe', 'destroy'],
    [4, 'maybe', 'destroy-then-retry'],
    [5, 'everything', 'gather-then-destroy'],
    [6, 'everything', 'wait-for-install-complete'],
    [7, 'everything', 'wait-for-install-complete'],
    [8, 'maybe', 'destroy-then-retry'],
    [42, 'maybe', 'destroy'],
    [null, 'maybe', 'destroy-then-retry'],
  ])('G2: create cluster that ended with %s after infrastructure began: %s, %s', (code, exists, next) => {
    expect(classifyExit({ ...base, code })).toMatchObject({ exists, next });
  });

  it.each([
    [1, 'nothing', 'fail'],
    [3, 'nothing', 'fail'],
    [4, 'maybe', 'destroy-then-retry'],
    [8, 'maybe', 'destroy-then-retry'],
    [99, 'maybe', 'destroy'],
    [null, 'maybe', 'destroy-then-retry'],
  ])('create cluster that ended with %s before infrastructure began: %s, %s', (code, exists, next) => {
    expect(classifyExit({ ...base, code, reachedInfrastructure: false })).toMatchObject({ exists, next });
  });

  it.each([
    ['wait-for', 'install-complete', 0, 'everything', 'succeed'],
    ['wait-for', 'install-complete', 6, 'everything', 'destroy'],
    ['wait-for', 'install-complete', 7, 'everything', 'destroy'],
    ['wait-for', 'install-complete', null, 'everything', 'destroy'],
    ['wait-for', 'bootstrap-complete', 5, 'everything', 'gather-then-destroy'],
    ['destroy', 'cluster', 0, 'maybe', 'succeed'],
    ['destroy', 'cluster', 1, 'maybe', 'destroy'],
    ['destroy', 'cluster', 77, 'maybe', 'destroy'],
    ['destroy', 'cluster', null, 'maybe', 'destroy'],
    ['create', 'manifests', 0, 'nothing', 'succeed'],
    ['create', 'manifests', 1, 'nothing', 'fail'],
    ['create', 'ignition-configs', 3, 'nothing', 'fail'],
    ['create', 'ignition-configs', 8, 'nothing', 'retry'],
    ['create', 'ignition-configs', null, 'nothing', 'retry'],
    ['create', 'ignition-configs', 4, 'maybe', 'destroy'],
  ] as const)('%s %s that ended with %s: %s, %s', (command, stage, code, exists, next) => {
    expect(classifyExit({ ...base, command, stage, code })).toMatchObject({ exists, next });
  });

  it('G3: a signal of ours is the cause whatever the code, and what may exist is destroyed', () => {
    for (const exit of allExits()) {
      if (!exit.weSentSignal) continue;
      const outcome = classifyExit(exit);
      expect(outcome.summary).toBe('stopped by ocpctl');
      expect(outcome.next).toBe(outcome.exists === 'nothing' ? 'fail' : 'destroy');
      if (exit.stage === 'cluster') expect(outcome.exists).not.toBe('nothing');
    }
  });

  it('G2: nothing but a refusal before infrastructure, or a step that writes files only, leaves nothing', () => {
    for (const exit of allExits()) {
      const outcome = classifyExit(exit);
      if (outcome.exists !== 'nothing') continue;
      const writesFiles = exit.stage === 'manifests' || exit.stage === 'ignition-configs';
      const wasRefused = !exit.reachedInfrastructure && (exit.code === 1 || exit.code === 3);
      expect({ exit, holds: writesFiles || wasRefused }).toEqual({ exit, holds: true });
    }
  });

  it('G3: succeeds on 0 only, and never fails for good while something may exist', () => {
    for (const exit of allExits()) {
      const { next, exists } = classifyExit(exit);
      if (next === 'succeed') expect(exit.code).toBe(0);
      if (next === 'fail' || next === 'retry') expect(exists).toBe('nothing');
    }
  });

  it('has no row that never counts, and a row for every end', () => {
    const used = new Set<ExitRule>();
    for (const exit of allExits()) {
      if (exit.weSentSignal) continue;
      const { summary } = classifyExit(exit);
      expect(summary).not.toBe('an unforeseen end');
      for (const row of EXIT_RULES) {
        if (row.command === exit.command && row.stages.includes(exit.stage) && row.summary === summary)
          used.add(row);
      }
    }
    expect(EXIT_RULES.filter((row) => !used.has(row))).toEqual([]);
  });
});
