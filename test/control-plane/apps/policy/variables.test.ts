import { expect, test } from 'vitest';
import {
  hasBrokenReference,
  hasReference,
  resolveVariables,
} from '../../../../src/control-plane/apps/policy/variables.ts';

const found = () => 'found';
const resolve = (variables: Record<string, string>, shared: Record<string, string> = {}) =>
  resolveVariables(variables, shared, found);

test.each([
  ['plain $HOME {}', 'plain $HOME {}', false],
  ['${db.main.URL}', 'found', true],
  ['a ${shared.TOKEN} b', 'a found b', true],
  ['$${db.main.URL}', '${db.main.URL}', false],
  ['$${HOME}/${shared.X}', '${HOME}/found', true],
])('P10: %s becomes %s', (value, resolved, isReference) => {
  expect(hasBrokenReference(value)).toBe(false);
  expect(hasReference(value)).toBe(isReference);
  expect(resolve({ X: value }, { TOKEN: 'found', X: 'found' })).toEqual({ X: resolved });
});

test('P10: what a service or database gives is not searched again', () => {
  const url = () => '${shared.B} $${';
  expect(resolveVariables({ X: '${db.main.URL}' }, { B: 'b' }, url)).toEqual({ X: '${shared.B} $${' });
});

test('P10: a shared variable is given with its own references replaced', () => {
  const shared = { DB: '${db.main.URL}?x', NAME: '${shared.DB}#$${y}' };
  expect(resolve({ A: '${shared.DB}', B: '${shared.NAME}' }, shared)).toEqual({
    ...{ A: 'found?x', B: 'found?x#${y}' },
  });
});

test('P10: shared variables that refer to each other in a circle, or that are none, are named', () => {
  const circle = { A: '${shared.B}', B: '${shared.A}' };
  expect(() => resolve({ X: '${shared.A}' }, circle)).toThrow('the shared variable A refers to itself');
  expect(() => resolve({ X: '${shared.constructor}' })).toThrow('shares no variable constructor');
});

test('P10: values that name others many times end at a limit, not in memory', () => {
  const doubled = Object.fromEntries(
    Array.from({ length: 40 }, (_, n) => [`A${n}`, `\${shared.A${n + 1}}\${shared.A${n + 1}}`]),
  );
  expect(() => resolve({ X: '${shared.A0}' }, { ...doubled, A40: 'x' })).toThrow('longer than 256 KiB');
  expect(resolve({ X: '${shared.A0}' }, { ...doubled, A40: '' })).toEqual({ X: '' });
});

test.each([
  '${ service.hello-node.URL }',
  '${service.hello-node.URL',
  '${service.hällo.URL}',
  '${HOME}',
  '${db.main.URL} and ${',
])('P10: %s is refused: it would reach instances as text', (value) => {
  expect(hasBrokenReference(value)).toBe(true);
});
