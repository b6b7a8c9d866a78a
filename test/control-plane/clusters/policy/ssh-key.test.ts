import { expect, test } from 'vitest';
import { sshKeyProblems } from '../../../../src/control-plane/clusters/policy/ssh-key.ts';

const KEY = `ssh-ed25519 ${Buffer.concat([
  Buffer.from('0000000b', 'hex'),
  Buffer.from('ssh-ed25519'),
  Buffer.from('00000020', 'hex'),
  Buffer.alloc(32, 7),
]).toString('base64')}`;

test.each(['\u001b[2J', '\u009b', '\u0085', '\u2028', '\u202e', '\0'])(
  'L10: a comment with %j is refused',
  (character) => {
    expect(sshKeyProblems(`${KEY} alice${character}@host`, false)).toMatchObject([
      { field: 'sshPublicKey', code: 'INVALID_FORMAT' },
    ]);
  },
);

test('L10: ordinary comments, several lines and tabs are allowed', () => {
  expect(sshKeyProblems(`${KEY} Zoë@büro\r\n${KEY}\tbob\n`, false)).toEqual([]);
});
