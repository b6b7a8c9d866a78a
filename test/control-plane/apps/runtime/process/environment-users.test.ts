import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { EnvironmentUsers } from '../../../../../src/control-plane/apps/runtime/process/environment-users.ts';

describe('users of environments', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'ocpctl-users-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const open = (count = 65_536) => new EnvironmentUsers(folder, { first: 5_000, count });

  test('an environment keeps its user, and no other one gets it', () => {
    const uids = Array.from({ length: 20 }, (_, index) => open().assign(`env_${index}`));
    expect(new Set(uids).size).toBe(20);
    expect(Array.from({ length: 20 }, (_, index) => open().assign(`env_${index}`))).toEqual(uids);
    for (const uid of uids) expect(uid).toBeGreaterThanOrEqual(5_000);
  });

  test('each of a small range is given once, then none', () => {
    const users = open(3);
    const uids = ['a', 'b', 'c'].map((environment) => users.assign(environment)).sort();
    expect(uids).toEqual([5_000, 5_001, 5_002]);
    expect(() => users.assign('d')).toThrow('all 3 users for environments are in use');
    users.release('b');
    expect(uids).toContain(users.assign('d'));
    expect(users.find('b')).toBeUndefined();
  });

  test('a start that was killed between the two files takes the same user again', () => {
    const uid = open().assign('env_1');
    rmSync(join(folder, 'environment-env_1'));
    expect(open().assign('env_1')).toBe(uid);
    expect(readdirSync(folder).sort()).toEqual(['environment-env_1', `uid-${uid}`]);
  });
});
