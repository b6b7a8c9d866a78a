import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { openPostgres } from '../../../../src/control-plane/kernel/db/postgres.ts';
import { DatabaseUnavailableError, SetupError } from '../../../../src/control-plane/kernel/errors.ts';

let server: Server | undefined;
afterEach(() => void server?.close());

/** Answers the first message of each client. @returns the error of `openPostgres` */
async function errorOf(answer: (client: Socket) => void, query = ''): Promise<unknown> {
  server = createServer((client) => {
    client.on('error', () => undefined).once('data', () => answer(client));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const url = `postgresql://ocpctl:secret@127.0.0.1:${port}/clusters${query}`;
  return openPostgres({ url }).catch((error: unknown) => error);
}

/** An ErrorResponse of the protocol. https://www.postgresql.org/docs/current/protocol-message-formats.html */
function refuse(sqlState: string, message: string): (client: Socket) => void {
  const fields = Buffer.from(`SFATAL\0C${sqlState}\0M${message}\0\0`);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(fields.length + 4);
  return (client) => client.end(Buffer.concat([Buffer.from('E'), length, fields]));
}

/** Asks for a password by SASL, with a mechanism that does not exist. */
function askForUnknownMechanism(client: Socket): void {
  const body = Buffer.concat([Buffer.from([0, 0, 0, 10]), Buffer.from('UNKNOWN\0\0')]);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(body.length + 4);
  client.write(Buffer.concat([Buffer.from('R'), length, body]));
}

test.each([
  ['28P01', 'password authentication failed for user "ocpctl"'],
  ['28000', 'role "ocpctl" does not exist'],
  ['3D000', 'database "clusters" does not exist'],
  ['42501', 'permission denied for database "clusters"'],
])('N13: SQLSTATE %s at the connection is for the operator: no waiting helps', async (sqlState, message) => {
  const error = await errorOf(refuse(sqlState, message));
  expect(error).toBeInstanceOf(SetupError);
  expect(error).toMatchObject({
    message: `cannot use the PostgreSQL server: ${message}`,
    hint: expect.stringContaining('DATABASE_URL'),
  });
});

test('N13: so are a mechanism of authentication that is not known, and a server without TLS', async () => {
  expect(await errorOf(askForUnknownMechanism)).toBeInstanceOf(SetupError);
  expect(await errorOf((client) => client.end('N'), '?sslmode=verify-full')).toBeInstanceOf(SetupError);
});

test.each([
  ['57P03', 'the database system is starting up'],
  ['53300', 'sorry, too many clients already'],
])('N13: SQLSTATE %s at the connection is temporary', async (sqlState, message) => {
  const error = await errorOf(refuse(sqlState, message));
  expect(error).toBeInstanceOf(DatabaseUnavailableError);
  expect(error).toMatchObject({ message: `cannot use the PostgreSQL server: ${message}` });
});

test('N13: so are a connection that is cut, one that is not answered, and an unknown host name', async () => {
  expect(await errorOf((client) => client.destroy())).toBeInstanceOf(DatabaseUnavailableError);
  expect(await errorOf((client) => client.end())).toBeInstanceOf(DatabaseUnavailableError);
  expect(await errorOf(() => undefined, '?connect_timeout=0.2')).toBeInstanceOf(DatabaseUnavailableError);
  const unknown = openPostgres({ url: 'postgresql://ocpctl@database.invalid/clusters' });
  await expect(unknown).rejects.toThrow(DatabaseUnavailableError);
});
