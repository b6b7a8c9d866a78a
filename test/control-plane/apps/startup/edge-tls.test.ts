import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openEdgeTls } from '../../../../src/control-plane/apps/startup/edge-tls.ts';
import { SetupError } from '../../../../src/control-plane/kernel/errors.ts';
import { newId } from '../../../../src/control-plane/kernel/ids.ts';
import { openSealedSecrets } from '../../../../src/control-plane/kernel/secrets/sealed-secrets.ts';
import type { SecretStore } from '../../../../src/control-plane/kernel/secrets/secret-store.ts';
import { createLog } from '../../../../src/control-plane/kernel/telemetry/log.ts';
import { createRedactor } from '../../../../src/control-plane/kernel/telemetry/redaction.ts';
import { createTestDatabase, type TestDatabase } from '../../../setup/database.ts';

let database: TestDatabase;
let dataDir: string;
let secrets: SecretStore;
const log = createLog({ level: 'silent', redactor: createRedactor() });

beforeAll(async () => {
  database = await createTestDatabase();
  dataDir = await mkdtemp(join(tmpdir(), 'edge-authority-'));
  secrets = await openSealedSecrets({ keyDir: dataDir, newId });
});
afterAll(async () => {
  await database.drop();
  await rm(dataDir, { recursive: true });
});

const open = (config: object) =>
  openEdgeTls(
    { edgeTls: 'off', edgeTlsCert: undefined, edgeTlsKey: undefined, dataDir, ...config },
    { db: database.db, secrets, log },
  );

describe('certificates of the edge', () => {
  test('P2: edges that start at the same time have one authority, whose certificate is in a file', async () => {
    const opened = await Promise.all([1, 2, 3].map(() => open({ edgeTls: 'internal' })));
    const certs = opened.map((tls) => (tls?.kind === 'internal' ? tls.authority.cert : undefined));
    expect(new Set(certs).size).toBe(1);
    expect(await readFile(join(dataDir, 'edge-ca.pem'), 'utf8')).toBe(certs[0]);
    const again = await open({ edgeTls: 'internal' });
    expect(again).toMatchObject({ authority: { cert: certs[0] } });
  });

  test('files are wanted as a pair', async () => {
    await expect(open({ edgeTls: 'files', edgeTlsCert: 'edge.pem' })).rejects.toThrow(SetupError);
    expect(await open({ edgeTls: 'files', edgeTlsCert: 'edge.pem', edgeTlsKey: 'edge.key' })).toMatchObject({
      files: { certFile: 'edge.pem', keyFile: 'edge.key' },
    });
  });

  test('without a setting it is plain HTTP', async () => {
    expect(await open({})).toBeUndefined();
  });
});
