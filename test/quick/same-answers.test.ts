import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CLUSTER_ID, clusterOf, JOB_ID, jobOf, profileOf } from '../commands/support/documents.ts';
import { runCli, temporaryFolder } from '../commands/support/run-cli.ts';
import {
  pageResponse,
  problemResponse,
  type StubServer,
  startStubServer,
} from '../commands/support/stub-server.ts';

const WITH_OCLIF = fileURLToPath(new URL('with-oclif.mjs', import.meta.url));
let server: StubServer;

beforeAll(async () => {
  const cluster = clusterOf();
  server = await startStubServer({
    'GET /v1/clusters': ({ query }) =>
      query.get('owner') === 'nosuch'
        ? pageResponse([])
        : pageResponse([cluster, clusterOf({ name: 'other' })]),
    [`GET /v1/clusters/${CLUSTER_ID}`]: () => ({ body: cluster }),
    [`GET /v1/clusters/${CLUSTER_ID}/outputs`]: () => ({ body: { apiUrl: 'https://api.demo:6443' } }),
    'GET /v1/jobs': () => pageResponse([jobOf()]),
    [`GET /v1/jobs/${JOB_ID}`]: () => ({ body: jobOf() }),
    'GET /v1/profiles': () => pageResponse([profileOf()]),
    'GET /v1/quota': () => problemResponse(403, 'FORBIDDEN', 'this needs another role'),
  });
});
afterAll(() => server[Symbol.asyncDispose]());

/** Plain ones: oclif is not loaded for them. */
const QUICK = [
  'list',
  'ls --team=a --team b',
  'ps -o name',
  'list -o wide --sort name --columns name,team',
  'list -q --json --limit 1',
  'list --output=csv --all',
  'list -o yaml',
  "list --query 'items[].name'",
  'list --owner nosuch',
  'list --owner nosuch --json',
  'list --limit many',
  'list --all --mine --owner ann',
  'list --sort nosuch',
  'list -o nosuch',
  'list -o focus',
  'list --server ftp://x',
  'list --timeout soon --json',
  'get demo',
  'show demo -o value=status',
  `get ${CLUSTER_ID} --json`,
  'get nosuch',
  'outputs demo',
  'jobs list',
  'jobs get job_01k4qqz3v7m2n5p8r1t4w6y9zz',
  `jobs get ${JOB_ID} -o json`,
  'profiles list --columns name',
  'profiles get nosuch',
  'quota',
  'quota --json',
  'whoami',
  'context list',
  'context use nosuch',
  'context current -o json',
  'kubeconfig credential nosuch --reason x',
];

/** oclif parses them, and has the words for what is wrong. */
const OTHERS = [
  'list clusters',
  'list --nosuch',
  'list --stauts READY',
  'list --team',
  'list --team=',
  'list --json=1',
  'list --limit 1 --limit 2',
  'list --platform gcp',
  'list --color sometimes',
  'list -qo name',
  'list -oname',
  'list --sort -name',
  'list --debug -o nosuch',
  'list -- x',
  '--json list',
  'get',
  'get demo other',
  'get demo --proof --events',
  'jobs',
  'jobs lits',
  'lst',
  'jobs:list --json',
  'help list',
  'version -o value=version',
];

async function both(line: string, cache = '/nonexistent') {
  const argv = (line.match(/'[^']*'|\S+/g) ?? []).map((word) => word.replaceAll("'", ''));
  const env = { ...server.env, XDG_CACHE_HOME: cache };
  const [quick, oclif] = await Promise.all([runCli(argv, env), runCli(argv, env, undefined, WITH_OCLIF)]);
  return { quick, oclif };
}

describe('a command that is run without oclif', () => {
  test.each(QUICK)('answers as with oclif: %s', async (line) => {
    const cache = temporaryFolder();
    const { quick, oclif } = await both(line, cache);
    expect(quick).toEqual(oclif);
    // The code that is kept of it shows that it was run without.
    expect(readdirSync(join(cache, 'ocpctl')).filter((name) => name.endsWith('.v8'))).toHaveLength(1);
  });

  test.each(OTHERS)('leaves to oclif what is not plain: %s', async (line) => {
    const cache = temporaryFolder();
    mkdirSync(join(cache, 'ocpctl'));
    const { quick, oclif } = await both(line, cache);
    expect(withoutStack(quick)).toEqual(withoutStack(oclif));
    expect(readdirSync(join(cache, 'ocpctl')).filter((name) => name.endsWith('.v8'))).toEqual([]);
  });
});

/** The stack of --debug ends in the file that was started. */
function withoutStack<Run extends { readonly stderr: string }>(run: Run): Run {
  return { ...run, stderr: run.stderr.replace(/^ {4}at .*\n/gm, '') };
}
