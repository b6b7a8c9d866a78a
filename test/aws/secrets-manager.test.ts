import { CreateSecretCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { beforeEach, expect, it } from 'vitest';
import type { Queryable } from '../../src/control-plane/kernel/db/db.ts';
import { secretsManagerStore } from '../../src/control-plane/kernel/secrets/aws/secrets-manager.ts';
import type { SecretStore } from '../../src/control-plane/kernel/secrets/secret-store.ts';
import { jsonError } from './faulty-proxy.ts';
import { CREDENTIALS, describeOnMoto, REGION, sleeplessClock } from './kit.ts';

const ADDRESS = { ownerId: 'clu_01', kind: 'kubeconfig' };
const NAME = 'ocpctl/clu_01/kubeconfig';
const noDatabase: Queryable = { query: () => Promise.reject(new Error('the database is not asked')) };

describeOnMoto('secrets in Secrets Manager', (fixture) => {
  let store: SecretStore;
  let manager: SecretsManagerClient;
  const put = (text: string) => store.put(noDatabase, ADDRESS, Buffer.from(text));
  const open = async () => (await store.open(noDatabase, ADDRESS))?.toString();
  const remove = () => store.remove(noDatabase, ADDRESS);

  const failPut = (times: number) =>
    fixture().proxy.inject({
      when: ({ text }) => text.includes('secretsmanager.PutSecretValue'),
      times,
      status: 400,
      body: jsonError('InvalidRequestException'),
    });

  beforeEach(() => {
    manager = new SecretsManagerClient(fixture().direct);
    store = secretsManagerStore({
      region: REGION,
      endpoint: fixture().endpoint,
      credentials: CREDENTIALS,
      clock: sleeplessClock(),
    });
  });

  it('keeps, replaces and removes; each may be repeated', async () => {
    expect(await open()).toBeUndefined();
    await put('first');
    await put('first');
    expect(await open()).toBe('first');
    await put('second');
    expect(await open()).toBe('second');
    expect(await remove()).toBe(true);
    expect(await remove()).toBe(false);
    expect(await open()).toBeUndefined();
  });

  it('keeps bytes that are no text', async () => {
    const bytes = Buffer.from([0, 255, 128, 10, 13]);
    await store.put(noDatabase, ADDRESS, bytes);
    expect(await store.open(noDatabase, ADDRESS)).toEqual(bytes);
  });

  it('stores again what was removed and can still be recovered', async () => {
    await put('first');
    await remove();
    // As AWS does; moto would accept the value but leave the secret deleted.
    failPut(1);
    await put('second');
    expect(await open()).toBe('second');
  });

  it('reads a secret that a person made as a string', async () => {
    await manager.send(new CreateSecretCommand({ Name: NAME, SecretString: '{"auths":{}}' }));
    expect(await open()).toBe('{"auths":{}}');
  });

  it('of two first writers none fails', async () => {
    fixture().proxy.inject({
      when: ({ text }) => text.includes('secretsmanager.CreateSecret'),
      status: 400,
      body: jsonError('ResourceExistsException'),
      afterwards: true,
    });
    await Promise.all([put('one'), put('two')]);
    expect(['one', 'two']).toContain(await open());
  });

  it('gives up, retryably, when a removal never ends', async () => {
    await put('first');
    failPut(99);
    await expect(put('second')).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  });

  it('G15: a refusal names the secret and nothing of it', async () => {
    fixture().proxy.inject({
      when: () => true,
      times: 9,
      status: 400,
      body: jsonError('AccessDeniedException'),
    });
    const failure = await put('kubeadmin-password').catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: 'UNAVAILABLE' });
    expect(String(failure)).toContain('kubeconfig of clu_01');
    expect(JSON.stringify(failure)).not.toContain('kubeadmin-password');
  });

  it('says at the start that it may not be used', async () => {
    await store.assertKeysPresent(noDatabase);
    fixture().proxy.inject({ when: () => true, status: 400, body: jsonError('AccessDeniedException') });
    await expect(store.assertKeysPresent(noDatabase)).rejects.toMatchObject({
      name: 'SetupError',
      hint: expect.stringContaining('worker-policy.json'),
    });
  });

  it('a secret that KMS does not decrypt is unreadable, not absent', async () => {
    await put('first');
    fixture().proxy.inject({ when: () => true, status: 400, body: jsonError('DecryptionFailure') });
    await expect(open()).rejects.toMatchObject({ code: 'SECRET_UNREADABLE' });
  });

  it('refuses names that would reach elsewhere', async () => {
    await expect(store.open(noDatabase, { ownerId: '../x', kind: 'k' })).rejects.toThrow(TypeError);
    await expect(store.open(noDatabase, { ownerId: 'a/b', kind: 'k' })).rejects.toThrow(TypeError);
  });
});
