import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { S3 } from '@aws-sdk/client-s3';
import { expect, it, onTestFinished } from 'vitest';
import type { ServerProcess } from '../e2e/server-process.ts';
import type { Site } from '../e2e/site.ts';
import { createTestDatabase } from '../setup/database.ts';
import { accountOf } from './account.ts';
import { DispatchFleet } from './dispatch-fleet.ts';
import { createReady, destroyNow, openInstallation } from './installation.ts';
import { inventory } from './inventory.ts';
import { describeOnMoto, type MotoFixture } from './kit.ts';

const BUCKET = 'ocpctl-deploy';
const UNIT = new URL('../../deploy/systemd/ocpctl@.service', import.meta.url);

/** What systemd runs for `ocpctl@ROLE`, without the name of the program and of its command. */
function unitArguments(role: string): string[] {
  const [, command = ''] =
    /^ExecStart=\/usr\/bin\/ocpctl server (.*)$/m.exec(readFileSync(UNIT, 'utf8')) ?? [];
  return command.replace('%i', role).split(' ');
}

/** A database as docs/deploy.md makes it: its owner migrates, the servers connect as a role that owns nothing. */
async function openDatabase() {
  const database = await createTestDatabase({ empty: true });
  onTestFinished(() => database.drop());
  const role = `ocpctl_app_${randomBytes(4).toString('hex')}`;
  await database.db.script(`create role ${role} login`);
  const url = new URL(database.url);
  url.username = role;
  return { role, ownerUrl: database.url, url: url.href };
}

async function openHost(fixture: MotoFixture) {
  const { role, ownerUrl, url } = await openDatabase();
  const fleet = await DispatchFleet.open(fixture.direct.endpoint);
  onTestFinished(() => fleet.close());
  const site = openInstallation(fixture, {
    DATABASE_URL: url,
    OCPCTL_ARTIFACTS: `s3://${BUCKET}/artifacts`,
    OCPCTL_SQS_QUEUE_URL: fleet.queueUrl,
  });
  const migrate = async () => {
    const command = site.command(['server', 'migrate', '--app-role', role], { DATABASE_URL: ownerUrl });
    expect(await command.finished).toMatchObject({ code: 0 });
  };
  return { site, migrate, wakeUps: () => fleet.proxy.count('SendMessageBatch') };
}

const startRole = (site: Site, role: string): Promise<ServerProcess> =>
  site.start({ mode: 'real', args: unitArguments(role) });

describeOnMoto('docs/deploy.md on one host, with PostgreSQL, S3 and SQS', (fixture) => {
  it('a cluster goes through, and through an upgrade of each role; the account is as before', async () => {
    const account = accountOf(fixture().direct);
    await account.zone('labs.example.com');
    const before = await inventory(fixture().direct);
    await account.bucket(BUCKET);
    const { site, migrate, wakeUps } = await openHost(fixture());
    await migrate();
    const roles = ['api', 'worker', 'janitor'];
    const servers = new Map<string, ServerProcess>();
    for (const role of roles) servers.set(role, await startRole(site, role));
    await createReady(site, 'kept');
    expect(wakeUps()).toBeGreaterThan(0);

    await migrate();
    for (const role of [...roles].reverse()) {
      expect(await servers.get(role)?.stop()).toBe(0);
      servers.set(role, await startRole(site, role));
    }
    await createReady(site, 'later');
    for (const name of ['kept', 'later']) await destroyNow(site, name);

    const { Contents = [] } = await new S3(fixture().direct).listObjectsV2({ Bucket: BUCKET });
    expect(Contents.length).toBeGreaterThan(0);
    const isArtifact = ({ Key = '' }) => Key.startsWith('artifacts/');
    expect(Contents.every(isArtifact)).toBe(true);
    // The bucket of the installation itself stays.
    const clusters = (await inventory(fixture().direct)).filter((resource) => !resource.includes(BUCKET));
    expect(clusters).toEqual(before);
  });
});
