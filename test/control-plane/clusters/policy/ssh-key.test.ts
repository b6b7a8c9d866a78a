import { generateKeyPairSync } from 'node:crypto';
import { expect, test } from 'vitest';
import { validateInstallConfig } from '../../../../src/control-plane/clusters/install-config/validate-install-config.ts';
import { resolveRequest } from '../../../../src/control-plane/clusters/policy/resolve-request.ts';
import { sshKeyProblems } from '../../../../src/control-plane/clusters/policy/ssh-key.ts';
import { aws } from '../install-config/documents.ts';
import { alice, awsStandard, request } from './example.ts';

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

const field = (bytes: Buffer) => {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
};
const keyOf = (type: string, ...fields: Buffer[]) =>
  `${type} ${Buffer.concat([Buffer.from(type), ...fields].map(field)).toString('base64')}`;

function rsaKey(bits: number): string {
  const { n = '' } = generateKeyPairSync('rsa', { modulusLength: bits }).publicKey.export({ format: 'jwk' });
  const modulus = Buffer.concat([Buffer.alloc(1), Buffer.from(n, 'base64url')]);
  return keyOf('ssh-rsa', Buffer.from([1, 0, 1]), modulus);
}

test.each([
  ['a comment and a line of spaces between', `${KEY} a\n# ci\n  \n${KEY} b`],
  ['a comment first', `# laptop\n${KEY} a\n${KEY} b\n`],
  ['spaces around', `\n  ${KEY} a  \r\n\t${KEY} b`],
])('R14: of a file with %s, only the key lines are sent, and the installer accepts them', (_, file) => {
  const { resolved } = resolveRequest(request({ sshPublicKey: file }), awsStandard(), alice);
  expect(resolved?.sshPublicKey).toBe(`${KEY} a\n${KEY} b`);
  expect(validateInstallConfig(aws({ sshKey: resolved?.sshPublicKey }))).toEqual([]);
});

test.each([
  ['a second line that is not a key', `${KEY}\nnot a key`, 'key 2 of 2 is not a valid SSH public key'],
  ['text that only ends in a key', `not a key ${KEY}`, 'the key is not a valid SSH public key'],
  ['two keys on one line, comma between', `${KEY},${KEY}`, 'the key is not a valid SSH public key'],
  ['a key in quotes', `'${KEY}'`, 'the key is not a valid SSH public key'],
  ['an option that sshd does not know', `no-shell ${KEY}`, 'the key is not a valid SSH public key'],
  ['options with an open quote', `from="10.0.0.1 ${KEY}`, 'the key is not a valid SSH public key'],
  [
    'a key of another curve than its type says',
    keyOf('ecdsa-sha2-nistp256', Buffer.from('nistp384'), Buffer.alloc(65, 4)),
    'the key is not a valid SSH public key',
  ],
  ['DSA', keyOf('ssh-dss', Buffer.alloc(65, 1)), 'the key has type ssh-dss, which is not supported'],
  ['a short RSA key', rsaKey(1024), 'the key has 1024 bits; RSA keys need at least 2048'],
  ['the format of PuTTY', '---- BEGIN SSH2 PUBLIC KEY ----\nAAAA\n---- END', 'ssh-keygen -i -f FILE'],
])('R14: %s is refused, as sshd ignores it', (_, text, expected) => {
  const [problem] = sshKeyProblems(text, false);
  expect(problem?.message).toContain(expected);
});

test.each([
  `from="10.0.0.0/8,!10.1.0.1",no-pty ${KEY} ci`,
  `no-X11-forwarding,command="echo \\"hello world\\"",restrict\t${KEY}`,
  rsaKey(2048),
])('R14: a key that OpenSSH reads is accepted: %s', (text) =>
  expect(sshKeyProblems(text, false)).toEqual([]),
);
