import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { PgliteEngine } from '../../../../src/control-plane/kernel/db/pglite-engine.ts';
import type { Column, Columns, Statement } from '../../../../src/control-plane/kernel/db/statement.ts';
import { migratedDump } from '../../../setup/engines.ts';

/** Every statement that any module declares, exported or not, is seen here. */
const declared = vi.hoisted((): Statement[] => []);
vi.mock('../../../../src/control-plane/kernel/db/statement.ts', () => ({
  statement: (statement: Statement) => {
    declared.push(statement);
    return statement;
  },
}));

const SOURCE = fileURLToPath(new URL('../../../../src/control-plane/', import.meta.url));
/** OIDs of pg_type; an array type stands with its element. */
const TYPE_NAMES: Readonly<Record<number, string>> = {
  16: 'bool',
  17: 'bytea',
  20: 'int8',
  23: 'int4',
  25: 'text',
  701: 'float8',
  1007: 'int4[]',
  1009: 'text[]',
  1016: 'int8[]',
  1184: 'timestamptz',
  1185: 'timestamptz[]',
  3802: 'jsonb',
};

let inSources = 0;
for (const file of readdirSync(SOURCE, { recursive: true, encoding: 'utf8' })) {
  const path = join(SOURCE, file);
  const count = file.endsWith('.ts') ? [...readFileSync(path, 'utf8').matchAll(/= statement\(/g)].length : 0;
  inSources += count;
  if (count > 0) await import(pathToFileURL(path).href);
}

let engine: PgliteEngine;
beforeAll(async () => {
  engine = await PgliteEngine.start({ loadDataDir: new Blob([Buffer.from(await migratedDump())]) });
});
afterAll(() => engine.close());

test('statements have names of their own, short enough for PostgreSQL', () => {
  const names = declared.map(({ name }) => name);
  expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
  expect(names.filter((name) => Buffer.byteLength(name) > 63)).toEqual([]);
  // A module that was loaded before the mock declares nothing here.
  expect(names).toHaveLength(inSources);
});

describe('a statement is what the migrated schema says it is', () => {
  test.each(declared.map((statement) => ({ name: statement.name, statement })))(
    '$name',
    async ({ statement }) => {
      const { queryParams, resultFields } = await engine.describe(statement.text);
      const params = Object.values(typesOf(statement.params));
      expect({
        params: queryParams.map(({ dataTypeID }, index) => asDeclared(typeName(dataTypeID), params[index])),
        row: Object.fromEntries(resultFields.map((field) => [field.name, typeName(field.dataTypeID)])),
      }).toEqual({
        params,
        row: typesOf(statement.row),
      });
      expect(resultFields).toHaveLength(Object.keys(statement.row).length);
    },
  );
});

function typesOf(columns: Columns): Record<string, string> {
  return Object.fromEntries(
    Object.entries<Column>(columns).map(([name, column]) => [name, column.replace('?', '')]),
  );
}

/** What fits an int4 fits the int8 that PostgreSQL makes of `limit $1`. */
function asDeclared(actual: string, declaredType: string | undefined): string {
  return actual === 'int8' && declaredType === 'int4' ? declaredType : actual;
}

function typeName(oid: number): string {
  return TYPE_NAMES[oid] ?? `a type that the codec does not know (oid ${oid})`;
}

/** Tables from which nothing is removed: history that docs/retention.md keeps, or rows of things that are few. */
const KEPT = {
  'the history of clusters': [
    ...['clusters', 'cluster_transitions', 'cluster_rates', 'cluster_warnings', 'cluster_outputs'],
    ...['cluster_credentials', 'destroy_proofs', 'budget_alerts'],
  ],
  'the history of applications': [
    ...['app_environments', 'app_services', 'app_builds', 'app_releases', 'app_deployments'],
    ...['app_databases', 'app_volumes', 'usage_intervals'],
  ],
  'one row of applications': ['app_edge_state', 'app_host', 'app_prices'],
  'the history of jobs': ['jobs', 'job_locks'],
  'the audit log': ['audit_events', 'audit_heads', 'audit_anchors', 'approvals'],
  'few rows': ['access_keys', 'api_serving', 'installation', 'secret_keys'],
  'the schema': ['schema_migrations', 'cluster_transition_rules'],
};
const REMOVED_WITH: Readonly<Record<string, string>> = { notification_deliveries: 'notification_events' };

test('each table has a statement that removes rows, or is kept on purpose: none grows by oversight', () => {
  const golden = readFileSync(new URL('schema.golden.sql', import.meta.url), 'utf8');
  const tables = [...golden.matchAll(/^table (\w+)/gm)].map(([, name = '']) => name);
  const kept = Object.values(KEPT).flat();
  const isRemoved = (table: string) =>
    declared.some(({ text }) => new RegExp(`delete\\s+from ${REMOVED_WITH[table] ?? table}\\b`).test(text));
  expect(tables.filter((table) => !kept.includes(table) && !isRemoved(table))).toEqual([]);
  expect(kept.filter((table) => !tables.includes(table) || isRemoved(table))).toEqual([]);
});
