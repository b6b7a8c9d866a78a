import { afterAll, beforeAll, expect, test } from 'vitest';
import { insertApp } from './kit/app-rows.ts';
import { createTestInstallation, type TestInstallation } from './kit/installation.ts';
import { call, newKey, parseProblem } from './kit/requests.ts';

let installation: TestInstallation;
beforeAll(async () => {
  installation = await createTestInstallation();
});
afterAll(() => installation.stop());

test('P7: a service is web, worker, static or cron: neither the API nor the database takes a database or a volume as one', async () => {
  const server = await installation.server();
  const ann = await installation.person('ann', 'requester@a');
  const deploy = (kind: string) =>
    call(server, ann, {
      method: 'POST',
      target: '/v1/app/deployments',
      headers: { 'idempotency-key': newKey() },
      body: JSON.stringify({
        service: 'main',
        source: { sha256: 'a'.repeat(64), sizeBytes: 1, parts: 1 },
        settings: { kind },
      }),
    });
  const { service } = await insertApp(installation.db, 'a');
  for (const kind of ['database', 'volume']) {
    const answer = await deploy(kind);
    expect(answer.status).toBe(400);
    expect(parseProblem(answer).errors).toMatchObject([
      { field: 'settings.kind', allowed: ['web', 'worker', 'static', 'cron'] },
    ]);
    await expect(
      installation.db.script(`update app_services set kind = '${kind}' where id = '${service}'`),
    ).rejects.toThrow('app_services_kind_check');
  }
});
