import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { runCli, temporaryFolder } from './support/run-cli.ts';
import { problemResponse, type Routes, startStubServer } from './support/stub-server.ts';

const identity = {
  principal: 'local:ada',
  name: 'ada',
  authMode: 'local',
  grants: [{ role: 'requester', team: 'web' }],
  server: { version: '0.1.0', mode: 'sandbox' },
};
const ready = { 'GET /readyz': () => ({ body: { status: 'ready' } }) };

async function examine(routes: Routes, env: NodeJS.ProcessEnv = {}) {
  await using server = await startStubServer(routes);
  const { code, stdout } = await runCli(['doctor', '--json'], {
    ...server.env,
    OCPCTL_CONFIG_DIR: temporaryFolder(),
    ...env,
  });
  const { items } = JSON.parse(stdout);
  const byCheck = Object.fromEntries(items.map((item: { check: string }) => [item.check, item]));
  const results = items.map(({ check, result }: Record<string, string>) => `${check} ${result}`);
  return { code, byCheck, results };
}

describe('doctor', () => {
  it('all checks are ok with a server that knows the caller', async () => {
    const { code, byCheck } = await examine({ ...ready, 'GET /v1/whoami': () => ({ body: identity }) });
    expect(code).toBe(0);
    for (const check of ['node', 'configuration', 'server', 'credentials', 'clock', 'version', 'grants'])
      expect(byCheck[check]).toMatchObject({ result: 'ok', remedy: null });
    expect(byCheck['grants'].detail).toBe('requester in web');
  });

  it('names a wrong clock, another version, missing grants and tools, each with its remedy', async () => {
    const headers = { date: new Date(Date.now() - 120_000).toUTCString() };
    const body = { ...identity, grants: [], server: { version: '9.9.9', mode: 'real' } };
    const { code, byCheck } = await examine(
      { ...ready, 'GET /v1/whoami': () => ({ body, headers }) },
      { PATH: temporaryFolder() },
    );
    expect(code).toBe(11);
    expect(byCheck['clock']).toMatchObject({ result: 'warning', remedy: expect.stringContaining('NTP') });
    expect(byCheck['version']).toMatchObject({
      result: 'warning',
      remedy: 'npm install --global ocpctl@9.9.9',
    });
    expect(byCheck['kubectl']).toMatchObject({ result: 'warning' });
    expect(byCheck['grants']).toMatchObject({
      result: 'failed',
      remedy: 'ask an admin: ocpctl admin grants add local:ada --role requester --team TEAM',
    });
  });

  it('says what is wrong with the key, and skips what needs it', async () => {
    const { code, byCheck, results } = await examine({
      ...ready,
      'GET /v1/whoami': () => problemResponse(401, 'UNAUTHENTICATED', 'the access key is unknown'),
    });
    expect(code).toBe(11);
    expect(byCheck['credentials']).toMatchObject({ result: 'failed', detail: 'the access key is unknown' });
    expect(byCheck['credentials'].remedy).toContain('OCPCTL_ACCESS_KEY_ID');
    expect(results).toEqual(expect.arrayContaining(['version skipped', 'grants skipped']));
  });

  it('without a server, or with one that is away', async () => {
    const none = await examine({}, { OCPCTL_SERVER: '' });
    expect(none.byCheck['server']).toMatchObject({
      result: 'failed',
      remedy: expect.stringContaining('ocpctl server'),
    });
    const away = await examine({}, { OCPCTL_SERVER: 'http://127.0.0.1:9', OCPCTL_TIMEOUT: '1s' });
    expect(away.byCheck['server'].detail).toContain('connection refused');
    expect(away.code).toBe(11);
    expect(away.results).toContain('credentials skipped');
  });

  it.each([
    ['{', 'is not valid JSON', 'fix or delete the file'],
    ['{"contexts":1}', 'contexts is not an object', 'fix or delete the file'],
  ])('a config.json of %s is a failed check, and what needs it is skipped', async (text, detail, remedy) => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'config.json'), text);
    const { code, byCheck, results } = await examine(ready, { OCPCTL_CONFIG_DIR: folder });
    expect(code).toBe(11);
    expect(byCheck['configuration']).toMatchObject({
      result: 'failed',
      detail: expect.stringContaining(detail),
      remedy,
    });
    expect(results).toEqual(expect.arrayContaining(['server skipped', 'credentials skipped']));
  });
});
