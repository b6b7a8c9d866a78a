import { createHash, generateKeyPairSync } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { parsePublicKey, verifyDestroyProof } from '../../../src/cli/proof/read-proof.ts';
import {
  DESTROY_PREDICATE,
  IN_TOTO_PAYLOAD,
  IN_TOTO_STATEMENT,
} from '../../../src/contract/destroy-proof.ts';
import { dssePreAuthEncoding } from '../../../src/contract/dsse.ts';
import { newId } from '../../../src/control-plane/kernel/ids.ts';
import { openSealedSecrets } from '../../../src/control-plane/kernel/secrets/sealed-secrets.ts';
import {
  ensureInstallationKey,
  installationKey,
  signDsse,
} from '../../../src/control-plane/kernel/signing/installation-key.ts';
import { eachEngine } from '../../setup/engines.ts';

const newKey = () => {
  const { privateKey } = generateKeyPairSync('ed25519');
  return installationKey(String(privateKey.export({ type: 'pkcs8', format: 'pem' })));
};

const AT = '2026-11-28T12:00:00.000Z';
const statement = (found: readonly object[] = [], readBack: object | null = {}) => ({
  _type: IN_TOTO_STATEMENT,
  subject: [{ name: 'clu_1', digest: { sha256: createHash('sha256').update('clu_1').digest('hex') } }],
  predicateType: DESTROY_PREDICATE,
  predicate: {
    cluster: {
      id: 'clu_1',
      name: 'demo',
      platform: 'aws',
      region: 'us-east-2',
      baseDomain: 'labs.example.com',
      infraIds: ['demo-4cqs4'],
      createdAt: AT,
    },
    cloud: { kind: 'aws', account: '123456789012' },
    destroyedBy: { job: 'job_1', attempt: 1, requestedBy: 'local:admin', ocpctl: '0.1.0' },
    uninstall: 'succeeded',
    readBack: readBack && {
      startedAt: AT,
      finishedAt: AT,
      regions: ['us-east-2'],
      domain: 'demo.labs.example.com',
      asked: [{ question: 'listing roles', times: 2, firstAt: AT, lastAt: AT }],
      found,
      ...readBack,
    },
  },
});
const withZoneAccount = (hostedZoneAccount: string) => {
  const { predicate, ...rest } = statement();
  return { ...rest, predicate: { ...predicate, cloud: { ...predicate.cloud, hostedZoneAccount } } };
};
const signed = (key: ReturnType<typeof newKey>, document: unknown, type: string = IN_TOTO_PAYLOAD) =>
  signDsse(key, type, Buffer.from(JSON.stringify(document)));

test('the encoding that is signed is that of the DSSE specification', () => {
  // The example of protocol.md.
  const encoded = dssePreAuthEncoding('http://example.com/HelloWorld', Buffer.from('hello world'));
  expect(Buffer.from(encoded).toString()).toBe('DSSEv1 29 http://example.com/HelloWorld 11 hello world');
  // Lengths count bytes.
  expect(Buffer.from(dssePreAuthEncoding('é', Buffer.from('é'))).toString()).toBe('DSSEv1 2 é 2 é');
});

test('G2: a proof is believed only if this key signed exactly these bytes, and only if it says that nothing was left', () => {
  const key = newKey();
  const open = parsePublicKey(key.publicPem);
  expect(open.id).toBe(key.id);
  const envelope = signed(key, statement());
  expect(verifyDestroyProof(envelope, open.key)).toEqual(statement());
  const changed = Buffer.from(JSON.stringify(statement()).replace('demo', 'prod')).toString('base64');
  const resource = { id: 'vpc-1', arn: 'arn', type: 'ec2:vpc', region: 'us-east-2' };
  const refused = {
    'another payload': { ...envelope, payload: changed },
    'another type': { ...envelope, payloadType: 'text/plain' },
    'another key': signed(newKey(), statement()),
    'a key id without its signature': {
      ...envelope,
      signatures: [{ keyid: key.id, sig: Buffer.alloc(64).toString('base64') }],
    },
    'a signed text of another kind': signed(key, { hello: 'world' }),
    'a signed document of another type': signed(key, statement(), 'application/json'),
    'a residue': signed(key, statement([resource])),
    'no question at all': signed(key, statement([], { asked: [] })),
    'an end before the start': signed(key, statement([], { finishedAt: '2000-01-01T00:00:00.000Z' })),
    'an account of a hosted zone that was asked nothing': signed(key, withZoneAccount('444455556666')),
    'an infraID without a read-back': signed(key, statement([], null)),
    'another subject': signed(key, { ...statement(), subject: [{ name: 'clu_2', digest: { sha256: '0' } }] }),
  };
  for (const [what, bad] of Object.entries(refused))
    expect(() => verifyDestroyProof(bad, open.key), what).toThrow(/the proof is not valid/);
  expect(() => verifyDestroyProof(envelope, open.key, 'clu_2')).toThrow('it is about clu_1, not clu_2');
  expect(verifyDestroyProof(envelope, open.key, 'clu_1')).toEqual(statement());
  const { privateKey } = generateKeyPairSync('ed25519');
  const secret = String(privateKey.export({ type: 'pkcs8', format: 'pem' }));
  expect(() => parsePublicKey(secret)).toThrow(/no BEGIN PUBLIC KEY/);
  expect(() => parsePublicKey('hello')).toThrow(/not an Ed25519 public key in PEM/);
});

eachEngine('signing key', (engine) => {
  test('an installation has one key, also when several processes need the first one at once', async () => {
    const { db } = engine();
    await db.script('delete from secrets');
    const folder = await mkdtemp(join(tmpdir(), 'ocpctl-signing-'));
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    const secrets = await openSealedSecrets({ keyDir: folder, newId });
    const keys = await Promise.all(
      Array.from({ length: 8 }, () => ensureInstallationKey((work) => db.tx(work), secrets)),
    );
    expect(new Set(keys.map(({ id }) => id)).size).toBe(1);
    expect((await ensureInstallationKey((work) => db.tx(work), secrets)).id).toBe(keys[0]?.id);
  });
});
