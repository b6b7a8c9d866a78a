import { expect, test } from 'vitest';
import {
  hasBrokenReference,
  hasReference,
  resolveVariables,
} from '../../../../src/control-plane/apps/policy/variables.ts';

const found = () => 'found';

test.each([
  ['plain $HOME {}', 'plain $HOME {}', false],
  ['${db.main.URL}', 'found', true],
  ['a ${shared.TOKEN} b', 'a found b', true],
  ['$${db.main.URL}', '${db.main.URL}', false],
  ['$${HOME}/${shared.X}', '${HOME}/found', true],
])('P10: %s becomes %s', (value, resolved, isReference) => {
  expect(hasBrokenReference(value)).toBe(false);
  expect(hasReference(value)).toBe(isReference);
  expect(resolveVariables({ X: value }, found)).toEqual({ X: resolved });
});

test('P10: what a reference gives is not searched again', () => {
  expect(resolveVariables({ X: '${shared.A}' }, () => '${shared.B} $${')).toEqual({ X: '${shared.B} $${' });
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
