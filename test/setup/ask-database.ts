import pg from 'pg';

export async function connectTo(connectionString: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString });
  client.on('error', () => {});
  await client.connect();
  return client;
}

/** The rows of one statement on a connection of its own. */
export async function askDatabase<Row extends object = Record<string, unknown>>(
  connectionString: string,
  text: string,
): Promise<Row[]> {
  const client = await connectTo(connectionString);
  try {
    return (await client.query(text)).rows as Row[];
  } finally {
    await client.end();
  }
}
