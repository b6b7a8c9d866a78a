import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { insertGrant } from '../../../../src/control-plane/kernel/access/grants.sql.ts';
import { createKey } from '../../../../src/control-plane/kernel/access/keys.ts';
import { type Role, systemActor } from '../../../../src/control-plane/kernel/caller.ts';
import type { Db } from '../../../../src/control-plane/kernel/db/db.ts';
import { newId } from '../../../../src/control-plane/kernel/ids.ts';
import { openSealedSecrets } from '../../../../src/control-plane/kernel/secrets/sealed-secrets.ts';
import type { SecretStore } from '../../../../src/control-plane/kernel/secrets/secret-store.ts';
import { createTestDatabase } from '../../../setup/database.ts';
import { startTestServer, type TestServer, type TestServerOptions } from './server.ts';

/** Someone with a key of the server. */
export interface Person {
  readonly principal: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/** A database, a key folder and a simulated cloud, on which any number of servers run. No worker: jobs stay where they are. */
export interface TestInstallation {
  readonly db: Db;
  readonly databaseUrl: string;
  readonly secrets: SecretStore;
  readonly directory: string;
  /** What every server wrote to its log. */
  readonly logLines: string[];
  /** A new principal with a key of its own; grants as `requester@team-a`. */
  person(name: string, ...grants: `${Role}@${string}`[]): Promise<Person>;
  server(options?: TestServerOptions): Promise<TestServer>;
  stop(): Promise<void>;
}

export async function createTestInstallation(): Promise<TestInstallation> {
  const database = await createTestDatabase();
  const directory = await mkdtemp(join(tmpdir(), 'ocpctl-http-'));
  const secrets = await openSealedSecrets({ keyDir: join(directory, 'keys'), newId });
  const { db } = database;
  const servers: TestServer[] = [];
  const installation: TestInstallation = {
    db,
    databaseUrl: database.url,
    secrets,
    directory,
    logLines: [],
    async person(name, ...grants) {
      const principal = `local:${name}`;
      return db.tx(async (tx) => {
        for (const grant of grants) {
          const [role = '', team = ''] = grant.split('@');
          await tx.query(insertGrant, { principal, role, team, uniqueId: null, grantedBy: 'system:test' });
        }
        const { key, secretAccessKey } = await createKey(tx, secrets, systemActor('test'), principal);
        return { principal, accessKeyId: key.id, secretAccessKey };
      });
    },
    async server(options = {}) {
      const server = await startTestServer(installation, options);
      servers.push(server);
      return server;
    },
    async stop() {
      await Promise.all(servers.map((server) => server.stop()));
      await database.drop();
      await rm(directory, { recursive: true, force: true });
    },
  };
  return installation;
}
