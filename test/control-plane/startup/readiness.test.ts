import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { openPostgres } from '../../../src/control-plane/kernel/db/postgres.ts';
import { SetupError } from '../../../src/control-plane/kernel/errors.ts';
import { type ControlPlane, startControlPlane } from '../../../src/control-plane/main.ts';
import { serverConfig } from '../../../src/control-plane/settings/server-config.ts';
import { type DatabaseLink, linkToDatabase } from '../../setup/database-link.ts';
import { createTestInstallation, type TestInstallation } from '../http/kit/installation.ts';

let installation: TestInstallation;
let link: DatabaseLink;
let server: ControlPlane | undefined;

beforeAll(async () => {
  installation = await createTestInstallation();
  link = await linkToDatabase(installation.databaseUrl);
});
afterEach(async () => {
  await server?.stop();
  server = undefined;
});
afterAll(async () => {
  await installation.stop();
  await link.close();
});

function start(
  beforeReady: (starting: { url: string } & Pick<ControlPlane, 'ensureAdminKey'>) => Promise<void>,
  databaseUrl = link.url,
) {
  const config = serverConfig(
    {
      databaseUrl,
      dataDir: join(installation.directory, 'data'),
      keyDir: join(installation.directory, 'keys'),
      sandbox: true,
      port: 0,
      logLevel: 'silent',
      databaseWaitMs: 30_000,
    },
    {},
  );
  return startControlPlane(config, { beforeReady });
}

const readiness = async (url: string) => (await fetch(`${url}/readyz`)).status;

test('V5: a server is not ready before its first admin key exists and is known', async () => {
  let seen: unknown[] = [];
  server = await start(async ({ url, ensureAdminKey }) => {
    const key = await ensureAdminKey(undefined);
    seen = [await readiness(url), key?.accessKeyId];
  });
  expect(seen).toEqual([503, expect.stringMatching(/^OCPK/)]);
  expect(await readiness(server.url)).toBe(200);
});

test('V5: what fails before a server is ready ends its start, and nothing of it listens', async () => {
  let url = '';
  const started = start(async (starting) => {
    url = starting.url;
    throw new Error('the context cannot be saved');
  });
  await expect(started).rejects.toThrow('the context cannot be saved');
  await expect(fetch(url)).rejects.toThrow();
});

test('V5, N13: a database that is lost before the first admin key exists is waited for', async () => {
  const urls: string[] = [];
  server = await start(async ({ url, ensureAdminKey }) => {
    urls.push(url);
    if (urls.length === 1) await link.cut();
    try {
      await ensureAdminKey(undefined);
    } finally {
      if (urls.length === 1) await link.restore();
    }
  });
  expect(urls).toHaveLength(2);
  expect(server.url).toBe(urls[1]);
  expect(await readiness(server.url)).toBe(200);
});

test('V5: a database role without rights is told so, and is not a bug', async () => {
  const role = `ocpctl_none_${randomBytes(4).toString('hex')}`;
  const owner = await openPostgres({ url: installation.databaseUrl, poolSize: 1 });
  await owner.script(`create role ${role} login`);
  const url = new URL(installation.databaseUrl);
  url.username = role;
  try {
    const refused = await start(async () => {}, url.href).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(SetupError);
    expect(refused).toMatchObject({
      message: expect.stringMatching(/^the database role lacks privileges: permission denied for /),
      hint: "run 'ocpctl server migrate --app-role ROLE' with the DATABASE_URL of the owner",
    });
  } finally {
    await owner.script(`drop role ${role}`);
    await owner.close();
  }
});
