import { describe, expect, test } from 'vitest';
import { type Grant, isAdmin, nameOf, teamsWith } from '../../../../src/control-plane/kernel/caller.ts';

const holding = (...grants: [Grant['role'], string][]) => ({
  grants: grants.map(([role, team]) => ({ role, team })),
});

describe('G14: the teams of a caller', () => {
  test('are those in which one of the roles is held, each once', () => {
    const caller = holding(['requester', 'a'], ['auditor', 'b'], ['requester', 'c'], ['platform_admin', 'a']);
    expect(teamsWith(caller, ['requester'])).toEqual(['a', 'c']);
    expect(teamsWith(caller, ['requester', 'platform_admin'])).toEqual(['a', 'c']);
    expect(teamsWith(caller, ['requester', 'auditor', 'platform_admin'])).toEqual(['a', 'b', 'c']);
  });
  test('are all of them only by a role in all', () => {
    expect(teamsWith(holding(['auditor', '*'], ['requester', 'a']), ['auditor'])).toBeNull();
    expect(teamsWith(holding(['auditor', '*'], ['requester', 'a']), ['requester'])).toEqual(['a']);
  });
  test('are none without the role: an empty list, which matches nothing', () => {
    expect(teamsWith(holding(['auditor', '*']), ['requester'])).toEqual([]);
    expect(teamsWith(holding(), ['requester', 'auditor', 'platform_admin'])).toEqual([]);
  });
});

test('an admin is one of everything', () => {
  expect(isAdmin(holding(['platform_admin', '*']))).toBe(true);
  expect(isAdmin(holding(['platform_admin', 'a'], ['auditor', '*']))).toBe(false);
});

test.each([
  ['local:ann', 'ann'],
  ['user:111122223333:ops/ann', 'ops/ann'],
  ['sso:111122223333:Admins', 'Admins'],
])('the name of %s is %s', (principal, name) => {
  expect(nameOf(principal)).toBe(name);
});
