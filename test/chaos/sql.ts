import pg from 'pg';

/** @returns how many rows a table has, counted on a connection of its own. */
export async function countRows(databaseUrl: string, table: string, where = 'true'): Promise<number> {
  const client = new pg.Client(databaseUrl);
  await client.connect();
  try {
    const { rows } = await client.query(`select count(*)::int4 as count from ${table} where ${where}`);
    return rows[0]?.count ?? 0;
  } finally {
    await client.end();
  }
}

export async function executeSql(databaseUrl: string, sql: string): Promise<void> {
  const client = new pg.Client(databaseUrl);
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}
