import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { INSTALLER_EXIT_CODES } from '../../src/sandbox/failures/command-exit.ts';
import { failureExit } from '../../src/sandbox/failures/failure-exit.ts';
import { defaultFailure, FAILURE_NAMES, failureByName } from '../../src/sandbox/failures/failures.ts';
import { FAULT_PRESETS, isFaultPreset } from '../../src/sandbox/faults/fault-presets.ts';
import {
  clearFaults,
  faultSchema,
  readFaults,
  setFaults,
  takeFaults,
} from '../../src/sandbox/faults/faults.ts';
import { STAGES } from '../../src/sandbox/faults/stages.ts';

function cloudFolder(): string {
  const dir = mkdtempSync(join(tmpdir(), 'ocpctl-faults-'));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

const MOMENT = { stage: 'machines', command: 'create cluster', clusterName: 'demo', attempt: 1 } as const;
const LOCATION = {
  infraId: 'demo-x2b4c',
  clusterName: 'demo',
  baseDomain: 'labs.example.com',
  region: 'us-east-2',
  zone: 'us-east-2a',
  instanceType: 'm6i.xlarge',
};

describe('taking faults', () => {
  test('a fault with a number of times strikes so often, however many processes ask at once', async () => {
    const dir = cloudFolder();
    await setFaults(dir, [{ stage: 'machines', kind: 'hang', times: 3 }]);
    const taken = await Promise.all(Array.from({ length: 20 }, () => takeFaults(dir, MOMENT)));
    expect(taken.flat()).toHaveLength(3);
    expect(await readFaults(dir)).toMatchObject([{ fault: { kind: 'hang' }, used: 3 }]);
  });

  test('a fault without a number strikes always', async () => {
    const dir = cloudFolder();
    await setFaults(dir, [{ stage: 'machines', kind: 'hang' }]);
    for (let i = 0; i < 3; i++) expect(await takeFaults(dir, MOMENT)).toHaveLength(1);
  });

  test.each([
    [{ clusterName: 'demo' }, 1],
    [{ clusterName: 'other' }, 0],
    [{ command: 'destroy cluster' }, 0],
    [{ command: 'create cluster', attempt: 1 }, 1],
    [{ attempt: 2 }, 0],
  ])('match %o strikes %i times', async (match, strikes) => {
    const dir = cloudFolder();
    await setFaults(dir, [{ stage: 'machines', kind: 'hang', match }]);
    expect(await takeFaults(dir, MOMENT)).toHaveLength(strikes);
  });

  test('setting faults again, or clearing them, forgets what was used up', async () => {
    const dir = cloudFolder();
    await setFaults(dir, [{ stage: 'machines', kind: 'hang', times: 1 }]);
    await takeFaults(dir, MOMENT);
    await setFaults(dir, [{ stage: 'machines', kind: 'hang', times: 1 }]);
    expect(await takeFaults(dir, MOMENT)).toHaveLength(1);
    await clearFaults(dir);
    expect(await takeFaults(dir, MOMENT)).toEqual([]);
    expect(await readFaults(dir)).toEqual([]);
  });

  test('a file written by hand needs no ids, and its faults still count', async () => {
    const dir = cloudFolder();
    writeFileSync(join(dir, 'faults.json'), '[{"stage":"machines","kind":"crash","times":1}]');
    expect(await takeFaults(dir, MOMENT)).toHaveLength(1);
    expect(await takeFaults(dir, MOMENT)).toHaveLength(0);
  });
});

describe('the schema', () => {
  test.each([
    { stage: 'nowhere', kind: 'hang' },
    { stage: 'machines', kind: 'explode' },
    { stage: 'machines', kind: 'hang', times: 0 },
    { stage: 'machines', kind: 'fail', failure: 'NoSuchFailure' },
    { stage: 'machines', kind: 'hang', colour: 'red' },
  ])('refuses %o', async (fault) => {
    expect(faultSchema.safeParse(fault).success).toBe(false);
  });

  test('takes every preset', () => {
    for (const { faults, description } of Object.values(FAULT_PRESETS)) {
      for (const fault of faults) expect(faultSchema.parse(fault)).toMatchObject(fault);
      expect(description).not.toBe('');
    }
    expect(isFaultPreset('capacity')).toBe(true);
    expect(isFaultPreset('toString')).toBe(false);
  });
});

describe('failures', () => {
  test('each has lines, the last of them an error, and the exit code of its stage', () => {
    const codes: Partial<Record<(typeof STAGES)[number], number>> = {
      config: INSTALLER_EXIT_CODES.installConfig,
      iam: INSTALLER_EXIT_CODES.infrastructure,
      infrastructure: INSTALLER_EXIT_CODES.infrastructure,
      dns: INSTALLER_EXIT_CODES.infrastructure,
      machines: INSTALLER_EXIT_CODES.infrastructure,
      api: INSTALLER_EXIT_CODES.bootstrap,
      bootstrap: INSTALLER_EXIT_CODES.bootstrap,
      initialize: INSTALLER_EXIT_CODES.install,
      stability: INSTALLER_EXIT_CODES.operatorStability,
    };
    for (const name of FAILURE_NAMES) {
      const { stage } = failureByName(name);
      const exit = failureExit(stage, name, LOCATION);
      expect(exit.exitCode, name).toBe(codes[stage] ?? INSTALLER_EXIT_CODES.fatal);
      expect(['error', 'fatal'], name).toContain(exit.lines.at(-1)?.level);
      expect(exit.lines.map(({ message }) => message).join('\n'), name).not.toMatch(/undefined|\[object/);
    }
  });

  test('every stage has a usual failure', () => {
    for (const stage of STAGES) expect(FAILURE_NAMES).toContain(defaultFailure(stage));
    expect(defaultFailure('machines')).toBe('InsufficientInstanceCapacity');
  });
});
