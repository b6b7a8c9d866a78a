import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import {
  CreateBucketCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { beforeEach, expect, it, onTestFinished } from 'vitest';
import { type S3Store, s3Store } from '../../src/control-plane/kernel/artifacts/s3/s3-store.ts';
import { readAll, sha256 } from '../control-plane/kernel/artifacts/kit.ts';
import { s3Error } from './faulty-proxy.ts';
import { CREDENTIALS, describeOnMoto, REGION } from './kit.ts';

const KEY = 'clu_x/job_y/attempt-1/fence-17/install-dir-000003.tar.gz';
const BUCKET = 'artifacts';
const sha256Base64 = (bytes: Uint8Array) => Buffer.from(sha256(bytes), 'hex').toString('base64');

describeOnMoto('S3 store', (fixture) => {
  let store: S3Store;
  let s3: S3Client;
  const open = (more: Partial<Parameters<typeof s3Store>[0]> = {}) =>
    s3Store({
      bucket: BUCKET,
      prefix: 'ocp/ctl',
      region: REGION,
      endpoint: fixture().endpoint,
      credentials: CREDENTIALS,
      ...more,
    });

  beforeEach(async () => {
    s3 = new S3Client(fixture().direct);
    await s3.send(
      new CreateBucketCommand({ Bucket: BUCKET, CreateBucketConfiguration: { LocationConstraint: REGION } }),
    );
    store = open();
  });

  it('G16: puts a lock on each object where the bucket has object lock, and no object without one where it has not', async () => {
    const locked = `${BUCKET}-locked`;
    await s3.send(
      new CreateBucketCommand({
        Bucket: locked,
        ObjectLockEnabledForBucket: true,
        CreateBucketConfiguration: { LocationConstraint: REGION },
      }),
    );
    await open({ bucket: locked, retainDays: 30 }).put('anchors/1.jsonl', Buffer.from('{}\n'));
    const head = await s3.send(new HeadObjectCommand({ Bucket: locked, Key: 'ocp/ctl/anchors/1.jsonl' }));
    expect(head.ObjectLockMode).toBe('COMPLIANCE');
    const days = ((head.ObjectLockRetainUntilDate?.getTime() ?? 0) - Date.now()) / 86_400_000;
    expect(Math.round(days)).toBe(30);
    await store.put('plain', Buffer.from('x'));
    const plain = await s3.send(new HeadObjectCommand({ Bucket: BUCKET, Key: 'ocp/ctl/plain' }));
    expect(plain.ObjectLockMode).toBeUndefined();
  });

  it('stores from bytes, streams and files, and reads the same back', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'ocpctl-s3-'));
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    const bytes = randomBytes(300_000);
    const file = join(folder, 'source');
    await writeFile(file, bytes);
    const sources = [bytes, Readable.from([bytes.subarray(0, 7), bytes.subarray(7)]), { file }];
    for (const [index, source] of sources.entries()) {
      const stored = await store.put(`clu_x/${index}`, source, { sha256: sha256(bytes) });
      expect(stored).toEqual({
        uri: `s3://artifacts/ocp/ctl/clu_x/${index}`,
        sha256: sha256(bytes),
        sizeBytes: bytes.length,
      });
      const back = await store.get(store.keyOf(stored.uri), { sha256: sha256(bytes) });
      expect((await readAll(back)).equals(bytes)).toBe(true);
    }
  });

  it('stores nothing as nothing', async () => {
    expect(await store.put(KEY, Buffer.alloc(0))).toMatchObject({ sizeBytes: 0 });
    expect(await readAll(await store.get(KEY))).toHaveLength(0);
  });

  it('sends long streams in parts, each with its SHA-256', async () => {
    const bytes = randomBytes(20 * 1024 * 1024);
    const chunks = Array.from({ length: 20 }, (_, i) => bytes.subarray(i << 20, (i + 1) << 20));
    const stored = await store.put(KEY, Readable.from(chunks), { sha256: sha256(bytes) });
    expect(stored).toMatchObject({ sha256: sha256(bytes), sizeBytes: bytes.length });
    const parts = fixture().proxy.calls.filter(({ text }) => text.includes('x-id=UploadPart'));
    expect(parts.map(({ headers }) => headers['x-amz-checksum-sha256']).sort()).toEqual(
      [0, 8, 16].map((at) => sha256Base64(bytes.subarray(at << 20, (at + 8) << 20))).sort(),
    );
    expect(sha256(await readAll(await store.get(KEY)))).toBe(sha256(bytes));
  });

  it('G15: encrypts under the given key of KMS, or under one of S3', async () => {
    await store.put('a', Buffer.from('x'));
    await open({ kmsKeyId: 'alias/ocpctl' }).put('b', Buffer.from('x'));
    await open({ kmsKeyId: 'alias/ocpctl' }).put('c', Readable.from([randomBytes(9 << 20)]));
    const encryptions = await Promise.all(
      ['a', 'b', 'c'].map(async (key) => {
        const head = await s3.send(new HeadObjectCommand({ Bucket: BUCKET, Key: `ocp/ctl/${key}` }));
        return [head.ServerSideEncryption, head.SSEKMSKeyId];
      }),
    );
    expect(encryptions).toEqual([
      ['AES256', undefined],
      ['aws:kms', 'alias/ocpctl'],
      ['aws:kms', 'alias/ocpctl'],
    ]);
  });

  it('G4: never overwrites: the same content again is fine, another is refused', async () => {
    for (const [key, first, second] of [
      ['short', Buffer.from('first'), Buffer.from('second')],
      ['long', randomBytes(9 << 20), randomBytes(9 << 20)],
    ] as const) {
      const stored = await store.put(key, Readable.from([first]));
      expect(await store.put(key, Readable.from([first]))).toEqual(stored);
      await expect(store.put(key, Readable.from([second]))).rejects.toMatchObject({
        code: 'ARTIFACT_CONFLICT',
      });
      expect((await readAll(await store.get(key))).equals(first)).toBe(true);
    }
    expect((await s3.send(new ListMultipartUploadsCommand({ Bucket: BUCKET }))).Uploads).toBeUndefined();
  });

  it('G4: of many writers of one key exactly one wins', async () => {
    const contents = Array.from({ length: 12 }, (_, i) => Buffer.from(`writer ${i}`));
    const results = await Promise.allSettled(contents.map((content) => store.put(KEY, content)));
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    const winner = contents[results.findIndex(({ status }) => status === 'fulfilled')];
    expect(await readAll(await store.get(KEY))).toEqual(winner);
  });

  it('G4: a write whose answer was lost is acknowledged when it is repeated', async () => {
    const lost = { status: 500, body: s3Error('InternalError'), afterwards: true };
    fixture().proxy.inject({ ...lost, when: ({ text }) => text.includes('x-id=PutObject') });
    expect(await store.put('short', Buffer.from('x'))).toMatchObject({ sha256: sha256('x') });
    fixture().proxy.inject({
      ...lost,
      when: ({ method, text }) => method === 'POST' && text.includes('uploadId='),
    });
    const long = randomBytes(9 << 20);
    expect(await store.put('long', long)).toMatchObject({ sha256: sha256(long) });
  });

  it('writes again when a competing writer was in the way and gave up', async () => {
    fixture().proxy.inject({
      when: ({ text }) => text.includes('x-id=PutObject'),
      status: 409,
      body: s3Error('ConditionalRequestConflict'),
    });
    expect(await store.put(KEY, Buffer.from('x'))).toMatchObject({ sizeBytes: 1 });
    fixture().proxy.inject({
      when: ({ text }) => text.includes('x-id=PutObject'),
      status: 409,
      body: s3Error('ConditionalRequestConflict'),
    });
    // A consumed stream cannot be sent again.
    await expect(store.put('other', Readable.from([Buffer.from('x')]))).rejects.toMatchObject({
      code: 'STORAGE_UNAVAILABLE',
    });
  });

  it('G4: stores nothing when the bytes are not the expected ones, or the source fails', async () => {
    for (const bytes of [Buffer.from('x'), randomBytes(9 << 20)]) {
      await expect(store.put(KEY, Readable.from([bytes]), { sha256: sha256('other') })).rejects.toMatchObject(
        {
          code: 'ARTIFACT_CORRUPT',
        },
      );
      const failure = new Error('the source broke');
      const broken = async function* () {
        yield bytes;
        throw failure;
      };
      await expect(store.put(KEY, Readable.from(broken()))).rejects.toBe(failure);
    }
    await expect(store.put(KEY, { file: '/does/not/exist' })).rejects.toMatchObject({
      code: 'ARTIFACT_NOT_FOUND',
    });
    expect(await store.head(KEY)).toBeUndefined();
    expect((await s3.send(new ListMultipartUploadsCommand({ Bucket: BUCKET }))).Uploads).toBeUndefined();
  });

  it('G4: a changed artifact fails at the end of reading', async () => {
    const { sha256: wanted } = await store.put(KEY, Buffer.from('what was acknowledged'));
    await s3.send(new PutObjectCommand({ Bucket: BUCKET, Key: `ocp/ctl/${KEY}`, Body: 'something else' }));
    await expect(readAll(await store.get(KEY, { sha256: wanted }))).rejects.toMatchObject({
      code: 'ARTIFACT_CORRUPT',
    });
  });

  it('lists all pages below a folder, sorted, and nothing of others', async () => {
    const keys = Array.from({ length: 11 }, (_, i) => `clu_a/${String(i).padStart(5, '0')}`);
    for (const name of [
      ...keys.map((key) => `ocp/ctl/${key}`),
      'ocp/ctl/clu_ab/1',
      'ocp/ctl/clu_a/',
      'ocp/other',
    ]) {
      await s3.send(new PutObjectCommand({ Bucket: BUCKET, Key: name, Body: 'x' }));
    }
    fixture().proxy.rewrite((path) => path.replace('list-type=2', 'list-type=2&max-keys=3'));
    expect((await store.list('clu_a')).map(({ key }) => key)).toEqual(keys);
    expect(await store.list('')).toHaveLength(keys.length + 1);
    expect(await store.list('clu_none')).toEqual([]);
    expect(await store.head('clu_a/0000')).toBeUndefined();
    expect(await store.head('clu_a/00007')).toMatchObject({ key: 'clu_a/00007', sizeBytes: 1 });
  });

  it('removes, also what is not there', async () => {
    await store.put(KEY, Buffer.from('x'));
    await store.remove(KEY);
    await store.remove(KEY);
    await expect(store.get(KEY)).rejects.toMatchObject({ code: 'ARTIFACT_NOT_FOUND' });
  });

  it('a presigned URL reads the artifact without credentials', async () => {
    await store.put(KEY, Buffer.from('x'));
    const answer = await fetch(await store.presignedGet(KEY, 60));
    expect(await answer.text()).toBe('x');
  });

  it('never says "not found" when the bucket is gone or may not be read', async () => {
    const gone = open({ bucket: 'no-such-bucket' });
    const unavailable = { code: 'STORAGE_UNAVAILABLE' };
    await expect(gone.get(KEY)).rejects.toMatchObject(unavailable);
    await expect(gone.head(KEY)).rejects.toMatchObject(unavailable);
    await expect(gone.list('')).rejects.toMatchObject(unavailable);
    await expect(gone.put(KEY, Buffer.from('x'))).rejects.toMatchObject(unavailable);
    fixture().proxy.inject({ when: () => true, status: 403, body: s3Error('AccessDenied') });
    await expect(store.head(KEY)).rejects.toMatchObject(unavailable);
    const silent = open({ endpoint: 'http://127.0.0.1:9' });
    await expect(silent.put(KEY, Buffer.from('x'))).rejects.toMatchObject(unavailable);
  });

  it('retries when the storage asks to slow down', async () => {
    fixture().proxy.inject({ when: () => true, times: 2, status: 503, body: s3Error('SlowDown') });
    expect(await store.put(KEY, Buffer.from('x'))).toMatchObject({ sizeBytes: 1 });
  });

  it('refuses keys and addresses that are not ours', async () => {
    await expect(store.put('../x', Buffer.from('x'))).rejects.toMatchObject({ code: 'ARTIFACT_KEY_INVALID' });
    for (const uri of [
      's3://artifacts/ocp/other',
      's3://other/ocp/ctl/x',
      'directory:x',
      's3://artifacts/ocp/ctl/',
    ]) {
      expect(() => store.keyOf(uri)).toThrow(expect.objectContaining({ code: 'ARTIFACT_KEY_INVALID' }));
    }
  });
});
