import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { expect, it } from 'vitest';
import { OUTPUTS } from '../../scripts/pages/command-outputs.ts';
import { CLUSTER_ID, clusterOf, eventOf, JOB_ID, jobOf, profileOf } from './support/documents.ts';
import { commandOf, STRICT_OUTPUT_SCHEMAS, schemaProblem } from './support/output-schema.ts';
import { runCli } from './support/run-cli.ts';
import { pageResponse, startStubServer } from './support/stub-server.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** They print a text, a document of any kind, or what another program prints. */
const WITHOUT_SCHEMA = [
  ...[
    '__complete',
    'admin audit export',
    'api',
    'completion',
    'dashboard',
    'help',
    'kubeconfig credential',
    'run',
    'server',
    'shell',
  ],
];

it('every command has a schema, or is known to have none', () => {
  const { commands } = JSON.parse(readFileSync(`${ROOT}oclif.manifest.json`, 'utf8'));
  const ids = Object.keys(commands).map((id) => id.replaceAll(':', ' '));
  expect([...Object.keys(OUTPUTS), ...WITHOUT_SCHEMA].sort()).toEqual(ids.sort());
  expect(readdirSync(`${ROOT}schemas/output`).sort()).toEqual(Object.keys(STRICT_OUTPUT_SCHEMAS).sort());
});

it('the schemas of the package accept fields that are added', () => {
  const schema = JSON.parse(readFileSync(`${ROOT}schemas/output/list.schema.json`, 'utf8'));
  const validate = new Ajv2020({ strict: false, validateFormats: false }).compile(schema);
  expect(validate({ items: [{ ...clusterOf(), added: 1 }], nextCursor: null, added: 1 })).toBe(true);
  expect(validate({ items: [{ ...clusterOf(), name: 1 }], nextCursor: null })).toBe(false);
});

const accepted = { cluster: clusterOf({ status: 'DESTROYING' }), job: jobOf({ type: 'DESTROY' }) };
const routes = {
  'GET /v1/clusters': () => pageResponse([clusterOf()]),
  'POST /v1/clusters': () => ({ status: 202, body: { cluster: clusterOf(), job: jobOf() } }),
  [`GET /v1/clusters/${CLUSTER_ID}`]: () => ({ body: clusterOf() }),
  [`GET /v1/clusters/${CLUSTER_ID}/transitions`]: () => pageResponse([]),
  [`GET /v1/clusters/${CLUSTER_ID}/events`]: () => pageResponse([]),
  [`POST /v1/clusters/${CLUSTER_ID}/destroy`]: () => ({ status: 202, body: accepted }),
  [`POST /v1/clusters/${CLUSTER_ID}/extend`]: () => ({
    body: { cluster: clusterOf(), previousDestroyAt: '2099-01-01T00:00:00Z' },
  }),
  'GET /v1/jobs': () => pageResponse([jobOf()]),
  [`GET /v1/jobs/${JOB_ID}`]: () => ({ body: jobOf() }),
  [`GET /v1/jobs/${JOB_ID}/events`]: () => pageResponse([eventOf(1), eventOf(2)]),
  'GET /v1/profiles': () => pageResponse([profileOf()]),
  'GET /v1/profiles/aws-minimal-test': () => ({ body: profileOf() }),
};

it.each([
  ['list'],
  ['get', 'demo', '--events'],
  ['create', 'demo', '--profile', 'p'],
  ['create', 'demo', '--profile', 'aws-minimal-test', '--if-not-exists'],
  ['destroy', 'demo', '--yes'],
  ['extend', 'demo', '--by', '1h'],
  ['wait', 'demo', '--for', 'ready'],
  ['jobs', 'list'],
  ['jobs', 'get', JOB_ID],
  ['logs', JOB_ID],
  ['profiles', 'list'],
  ['profiles', 'get', 'aws-minimal-test'],
  ['profiles', 'validate', `${ROOT}profiles/aws-standard.yaml`],
  ['config', 'list'],
  ['config', 'get', 'output'],
  ['context', 'list'],
  ['server', 'installers', 'list'],
  ['version'],
])('%s %s %s prints what its schema says', async (...argv) => {
  await using server = await startStubServer(routes);
  const { stdout, stderr } = await runCli([...argv, '--json'], server.env);
  expect(schemaProblem(commandOf(argv) ?? '', stdout), stderr).toBe(undefined);
});
