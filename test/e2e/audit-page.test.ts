import { chmodSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { startPostgresServer } from '../setup/postgres-server.ts';
import { openSite } from './open-site.ts';
import { ENTRY } from './server-process.ts';
import type { Site } from './site.ts';

const PAGE = fileURLToPath(new URL('../../docs/audit.md', import.meta.url));
const PG = createRequire(import.meta.url).resolve('pg');
/** What psql does with `-c`, for machines that have PostgreSQL's server and not its client. */
const PSQL = `#!${process.execPath}
const { Client } = require(${JSON.stringify(PG)});
const commands = process.argv.slice(2).filter((word) => word !== '-c');
(async () => {
  const client = new Client({ database: process.env.PGDATABASE ?? 'postgres' });
  await client.connect();
  for (const command of commands) await client.query(command);
  await client.end();
})();
`;

/** The \`sh\` blocks of the page: how the database is made, how the sealing key is turned. */
function blocks(): readonly [string, string] {
  const found = [...readFileSync(PAGE, 'utf8').matchAll(/^```sh\n([\s\S]*?)^```$/gm)];
  const [database, rotation, ...others] = found.map(([, block]) => block);
  if (database === undefined || rotation === undefined || others.length > 0) throw new Error('two blocks');
  return [database, rotation];
}

/** A shell in which `ocpctl` and `psql` are commands. */
function shellOf(site: Site, env: NodeJS.ProcessEnv) {
  const bin = join(site.folder, 'bin');
  mkdirSync(bin);
  writeFileSync(join(bin, 'ocpctl'), `#!/bin/sh\nexec "${process.execPath}" "${ENTRY}" "$@"\n`);
  writeFileSync(join(bin, 'psql'), PSQL);
  for (const name of ['ocpctl', 'psql']) chmodSync(join(bin, name), 0o755);
  return async (script: string): Promise<string> => {
    const PATH = `${bin}:${process.env['PATH']}`;
    const { code, stdout, stderr } = await site.run('sh', ['-eu', '-c', script], { ...env, PATH });
    expect(code, `${stdout}\n${stderr}`).toBe(0);
    return stdout;
  };
}

const keyIn = (file: string): string =>
  [...new Set(readFileSync(file, 'utf8').match(/kek_[0-9a-z]+/g))].join(' ');

test('S45: G16: docs/audit.md, typed as written: servers that own nothing, and the key that seals secrets turned', async () => {
  const postgres = await startPostgresServer();
  onTestFinished(() => postgres.stop());
  const { hostname, port, username } = new URL(postgres.url);
  const urlOf = (role: string) => `postgres://${role}:secret@${hostname}:${port}/ocpctl`;
  const site = openSite({ DATABASE_URL: urlOf('ocpctl_app'), OCPCTL_KEY_ROTATION_INTERVAL_MS: '300' });
  const keys = join(site.dataDir, 'keys');
  const backups = join(site.folder, 'backups');
  mkdirSync(backups);
  const type = shellOf(site, {
    PGHOST: hostname,
    PGPORT: port,
    PGUSER: username,
    OWNER_PASSWORD: 'secret',
    APP_PASSWORD: 'secret',
    KEYS: keys,
    BACKUPS: backups,
  });
  const [database, rotation] = blocks();
  expect(await type(database)).toMatch(/^Migrations\n {2}Applied {2}1, 2, /);
  const migrated = await site.cli('server', 'migrate', '--json');
  expect(migrated).toMatchObject({ code: 0, stdout: expect.stringMatching(/^\{\s*"applied": \[\]\s*\}\n$/) });

  const server = await site.start();
  expect(server.log()).toContain('WARNING   audit anchors are disabled');
  expect(server.log()).toContain('"msg":"audit anchors are disabled');
  await type('ocpctl create demo --profile aws-minimal-test --wait');
  const verified = await site.cli('admin', 'audit', 'verify');
  expect(verified).toMatchObject({ code: 0, stdout: 'The audit log is intact.\n' });
  expect(verified.stderr).toContain('No audit anchors are stored');
  const before = keyIn(join(keys, 'secrets.key.json'));
  expect(await type(rotation)).toContain(before);
  const after = keyIn(join(keys, 'secrets.key.json'));
  expect(after).not.toContain(before);
  expect(keyIn(join(backups, 'secrets.key.before.json'))).toBe(before);
  expect(keyIn(join(backups, 'secrets.key.json'))).toBe(after);
  expect(statSync(join(backups, 'secrets.key.json')).mode & 0o777).toBe(0o600);
  expect(await type('ocpctl admin secrets status -o name')).toBe(`${after}\n`);
  expect(await type('ocpctl outputs demo --kubeadmin-password --reason "typed by hand"')).toMatch(
    /\S{5}-\S{5}/,
  );
  await type('ocpctl destroy demo --yes --wait');

  // The role that owns nothing is the one that served all of that.
  await expect(
    type(`PGUSER=ocpctl_app PGDATABASE=ocpctl psql -c 'delete from audit_events'`),
  ).rejects.toThrow(/permission denied for table audit_events/);
});
