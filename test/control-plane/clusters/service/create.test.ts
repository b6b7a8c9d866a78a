import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { realClouds } from '../../../../src/control-plane/clusters/clouds/clouds.ts';
import type { AwsProfile, Profile } from '../../../../src/control-plane/clusters/profiles/profile.ts';
import { manifestsDigest } from '../../../../src/control-plane/clusters/profiles/profile-manifests.ts';
import {
  openAcceptedProfile,
  readAcceptedProfile,
} from '../../../../src/control-plane/clusters/service/accepted-profile.ts';
import { setProvenEmpty } from '../../../../src/control-plane/clusters/store/clusters.sql.ts';
import { statement } from '../../../../src/control-plane/kernel/db/statement.ts';
import { createCluster, newName, postCluster, transitionThrough } from '../../http/kit/clusters.ts';
import { createTestInstallation, type Person, type TestInstallation } from '../../http/kit/installation.ts';
import { call, newKey, parseProblem } from '../../http/kit/requests.ts';
import type { TestServer } from '../../http/kit/server.ts';
import { ED25519_KEY, shippedProfile } from '../policy/example.ts';
import { shippedRate } from '../usage/shipped-prices.ts';

let installation: TestInstallation;
let server: TestServer;
let other: TestServer;
let ann: Person;
let admin: Person;

beforeAll(async () => {
  installation = await createTestInstallation();
  const options = { teamLimits: { activeClusters: 9, concurrentCreates: 6 } };
  [server, other] = await Promise.all([installation.server(options), installation.server(options)]);
  ann = await installation.person('ann', 'requester@a');
  admin = await installation.person('admin', 'platform_admin@*');
});
afterAll(() => installation.stop());

const auditOf = statement({
  name: 'test.audit_of',
  text: `select payload from audit_events where stream = $1 order by seq`,
  params: { stream: 'text' },
  row: { payload: 'text' },
});
const keptBy = statement({
  name: 'test.kept_by',
  text: `
    select count(distinct p.digest)::int4 as digests, string_agg(p.content::text, ' ') as text
    from clusters c join accepted_profiles p on p.digest = c.profile_digest where c.team = $1`,
  params: { team: 'text' },
  row: { digests: 'int4', text: 'text' },
});
const auditEvents = async (stream: string) =>
  (await installation.db.query(auditOf, { stream })).map(({ payload }) => JSON.parse(payload));

test('G11: an accepted create answers with the cluster and its job, and is in the audit log', async () => {
  const solo = await installation.person('solo', 'requester@solo');
  const { cluster, job } = await createCluster(server, solo, { ttlHours: 1.5, tags: { note: 'x' } });
  expect(cluster).toMatchObject({
    status: 'PENDING',
    team: 'solo',
    owner: 'solo',
    requestedBy: 'local:solo',
    ttlHours: 1.5,
    infraId: null,
    mode: 'sandbox',
  });
  expect(Date.parse(cluster.destroyAt) - Date.parse(cluster.createdAt)).toBe(1.5 * 3_600_000);
  expect(cluster.tags.effective).toMatchObject({
    ClusterId: cluster.id,
    RequestId: job.id,
    Team: 'solo',
    note: 'x',
  });
  expect(job).toMatchObject({
    type: 'CREATE',
    status: 'PENDING',
    clusterId: cluster.id,
    requestedBy: 'local:solo',
  });
  expect(await auditEvents('solo')).toMatchObject([
    {
      action: 'cluster.create',
      target: cluster.id,
      actor: 'local:solo',
      status: 'SUCCESS',
      sourceIp: '127.0.0.1',
      metadata: { jobId: job.id },
    },
  ]);
  const { items } = JSON.parse(
    (await call(server, solo, { target: `/v1/clusters/${cluster.id}/transitions` })).text,
  );
  expect(items).toMatchObject([{ from: null, to: 'PENDING', jobId: job.id }]);
});

test('R17: what a create sets is validated, recorded with the cluster and in its install-config', async () => {
  const profile: Profile = {
    ...shippedProfile('aws-minimal-test'),
    settable: [{ key: 'networking.clusterNetworkMTU', type: 'integer' }],
  };
  const profiles = { get: () => profile, list: () => [profile] };
  const settable = await installation.server({ profiles });
  const setter = await installation.person('sid', 'requester@setters');
  const set = { 'networking.clusterNetworkMTU': 8901 };
  const planned = await call(settable, setter, {
    method: 'POST',
    target: '/v1/clusters?dryRun=true',
    body: { name: newName(), profile: profile.name, set },
  });
  expect(JSON.parse(planned.text)).toMatchObject({
    request: { set },
    installConfig: { networking: { clusterNetworkMTU: 8901 } },
  });
  const { cluster } = await createCluster(settable, setter, { set });
  expect(cluster.set).toEqual(set);
  const read = await call(settable, setter, { target: `/v1/clusters/${cluster.id}` });
  expect(JSON.parse(read.text).set).toEqual(set);
  const refused = async (more: object) =>
    parseProblem(await postCluster(settable, setter, { ...more })).errors.map(({ field, code }) => [
      field,
      code,
    ]);
  expect(await refused({ set: { 'networking.clusterNetworkMTU': 70_000 } })).toEqual([
    ['installConfig.networking.clusterNetworkMTU', 'INVALID_INSTALL_CONFIG'],
  ]);
  expect(await refused({ set: { 'metadata.name': 'other' } })).toEqual([
    ['set.metadata.name', 'NOT_ALLOWED'],
  ]);
});

test('R17: a create keeps the manifests of its profile as they were when it was accepted, each set once', async () => {
  const manifest = (content: string) => ({
    file: 'a.yaml',
    apiVersion: 'v1',
    kind: 'ConfigMap',
    name: 'a',
    content,
  });
  const withManifest = (content: string) => {
    const profile = { ...shippedProfile('aws-minimal-test'), manifests: [manifest(content)] };
    return installation.server({ profiles: { get: () => profile, list: () => [profile] } });
  };
  const [before, after] = await Promise.all([withManifest('one'), withManifest('two')]);
  const team = await installation.person('mia', 'requester@manifests');
  const created = [
    await createCluster(before, team),
    await createCluster(before, team),
    await createCluster(after, team),
  ];
  const kept = await Promise.all(
    created.map(({ cluster }) => readAcceptedProfile(after.services, installation.db, cluster)),
  );
  expect(kept.map((profile) => profile?.manifests)).toEqual([
    [manifest('one')],
    [manifest('one')],
    [manifest('two')],
  ]);
  const digests = kept.map((profile) => manifestsDigest(profile?.manifests ?? []));
  expect(new Set(digests).size).toBe(2);
  const { items } = JSON.parse((await call(after, team, { target: '/v1/profiles' })).text);
  expect(items[0].manifests).toEqual({
    digest: digests[2],
    files: [{ file: 'a.yaml', apiVersion: 'v1', kind: 'ConfigMap', name: 'a' }],
  });
  const events = await auditEvents('manifests');
  expect(events.map(({ metadata }) => metadata.manifestsDigest)).toEqual(digests);
});

test('R17: a create keeps its profile as it was when it was accepted, each version once; G15: passwords in its URLs are sealed', async () => {
  const standard = shippedProfile('aws-minimal-test');
  const proxy = { httpProxy: 'http://me:hunter2@proxy.example.com:3128', noProxy: '.example.com' };
  const before = { ...standard, proxy };
  const after = {
    ...standard,
    compute: {
      ...standard.compute,
      controlPlane: { ...standard.compute.controlPlane, instanceType: 'm6i.2xlarge' },
    },
  };
  const serverOf = (profile: Profile) =>
    installation.server({ profiles: { get: () => profile, list: () => [profile] } });
  const [first, second] = await Promise.all([serverOf(before), serverOf(after)]);
  const team = await installation.person('kim', 'requester@kept');
  const [one, same, other] = [
    (await createCluster(first, team)).cluster,
    (await createCluster(first, team)).cluster,
    (await createCluster(second, team)).cluster,
  ];
  const opened = (cluster: { id: string; profile: string }) =>
    openAcceptedProfile(second.services, installation.db, cluster);
  const { manifests: _none, ...kept } = (await opened(one)) ?? {};
  expect(kept).toEqual(before);
  expect(await opened(same)).toEqual(await opened(one));
  expect(await opened(other)).toEqual({ ...after, manifests: [] });
  const rows = await installation.db.query(keptBy, { team: 'kept' });
  expect(rows.map(({ digests }) => digests)).toEqual([2]);
  expect(rows[0]?.text).toContain('http://(masked)@proxy.example.com:3128');
  expect(rows[0]?.text).not.toContain('hunter2');
  // Without a destroy job: nothing had begun.
  await call(first, team, {
    ...{ method: 'POST', target: `/v1/clusters/${one.id}/destroy`, body: {} },
    headers: { 'idempotency-key': newKey() },
  });
  expect((await opened(one))?.proxy?.httpProxy).toBe('http://(masked)@proxy.example.com:3128');
  expect((await opened(same))?.proxy).toEqual(proxy);
});

test('G12: a refused create explains itself, and is in the audit log too', async () => {
  const answer = await postCluster(server, ann, {
    profile: 'aws-minimal-tst',
    name: 'Bad_Name',
    ttlHours: 9_00,
  });
  expect(parseProblem(answer)).toMatchObject({
    status: 422,
    detail: expect.stringContaining('Did you mean aws-minimal-test?'),
    errors: [{ code: 'UNKNOWN_PROFILE', allowed: ['aws-minimal-test', 'aws-standard'] }],
  });
  const many = parseProblem(
    await postCluster(server, ann, { name: 'Bad_Name', ttlHours: 900, region: 'mars' }),
  );
  expect(many.errors.map(({ field }) => field)).toEqual(['name', 'region', 'ttlHours']);
  expect(many.errors[2]?.message).toBe('the lifetime must be between 36 seconds and 72 hours (3 days)');
  expect((await auditEvents('_platform')).slice(-2)).toMatchObject([
    {
      action: 'cluster.create',
      status: 'FAILURE',
      actor: 'local:ann',
      metadata: { code: 'POLICY_VIOLATION' },
    },
    { action: 'cluster.create', status: 'FAILURE' },
  ]);
});

describe('G18: quotas', () => {
  test('hold under 20 creates at once on two servers: exactly as many as there is room for', async () => {
    const crowd = await installation.person('crowd', 'requester@crowd');
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, i) => postCluster(i % 2 === 0 ? server : other, crowd)),
    );
    const accepted = answers.filter(({ status }) => status === 202);
    const refused = answers.filter(({ status }) => status !== 202).map(parseProblem);
    expect(accepted).toHaveLength(6);
    expect(new Set(refused.map(({ status, code }) => `${status} ${code}`))).toEqual(
      new Set(['409 QUOTA_EXCEEDED']),
    );
    expect(refused[0]?.detail).toBe('The team has 6 of 6 creates in progress: wait for one to end first.');
  });

  test('count what exists: quota is free again when a cluster is gone, or proven never to have been', async () => {
    const full = await installation.person('full', 'requester@full');
    const ids: string[] = [];
    for (let i = 0; i < 9; i++) {
      const { cluster } = await createCluster(server, full);
      ids.push(cluster.id);
      await transitionThrough(installation.db, cluster.id, 'CREATING', i === 0 ? 'FAILED' : 'READY');
    }
    expect(parseProblem(await postCluster(server, full)).errors).toEqual([
      { field: 'team', code: 'QUOTA_EXCEEDED', message: '9 of 9 active clusters', allowed: ['9'] },
    ]);
    await installation.db.query(setProvenEmpty, { id: ids[0] ?? '' });
    expect((await postCluster(server, full)).status).toBe(202);
    expect((await postCluster(server, full)).status).toBe(409);
  });

  test('are not used up by replays', async () => {
    const twice = await installation.person('twice', 'requester@twice');
    const body = { name: newName() };
    const key = 'the-same-key-every-time';
    for (let i = 0; i < 10; i++) expect((await postCluster(server, twice, body, key)).status).toBe(202);
    for (let i = 0; i < 5; i++) expect((await postCluster(server, twice)).status).toBe(202);
  });
});

describe('a name', () => {
  test('is one cluster’s per base domain, also for another team, until that is DESTROYED', async () => {
    const name = newName();
    const { cluster } = await createCluster(server, ann, { name });
    const clash = await postCluster(server, admin, { name, team: 'b' });
    expect(parseProblem(clash)).toMatchObject({
      status: 409,
      code: 'NAME_TAKEN',
      errors: [{ field: 'name' }],
    });
    expect(
      (
        await postCluster(server, admin, {
          name,
          team: 'b',
          profile: 'aws-standard',
          baseDomain: 'dev.example.com',
        })
      ).status,
    ).toBe(202);
    await call(server, ann, { method: 'POST', target: `/v1/clusters/${cluster.id}/destroy` });
    expect((await postCluster(server, admin, { name, team: 'b' })).status).toBe(202);
  });

  test('is not free because a create failed, only because nothing is left', async () => {
    const name = newName();
    const { cluster } = await createCluster(server, admin, { name, team: 'c' });
    await transitionThrough(installation.db, cluster.id, 'CREATING', 'FAILED');
    expect((await postCluster(server, admin, { name, team: 'c' })).status).toBe(409);
    await installation.db.query(setProvenEmpty, { id: cluster.id });
    expect((await postCluster(server, admin, { name, team: 'c' })).status).toBe(202);
  });

  test('goes to one of ten who ask for it at once', async () => {
    const name = newName();
    const answers = await Promise.all(
      Array.from({ length: 10 }, (_, i) =>
        postCluster(i % 2 === 0 ? server : other, admin, { name, team: `race-${i}` }),
      ),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([
      202,
      ...Array.from({ length: 9 }, () => 409),
    ]);
  });
});

describe('a dry run', () => {
  const counted = statement({
    name: 'test.all_rows',
    text: `select (select count(*) from clusters) + (select count(*) from jobs) + (select count(*) from cluster_transitions)
      + (select count(*) from audit_events) + (select count(*) from idempotency_keys) as "count"`,
    params: {},
    row: { count: 'int8' },
  });
  const plan = (person: Person, body: Record<string, unknown>) =>
    call(server, person, {
      method: 'POST',
      target: '/v1/clusters?dryRun=true',
      body: { name: newName(), profile: 'aws-standard', ...body },
    });

  test('shows the whole plan with secrets masked, and stores nothing', async () => {
    const dry = await installation.person('dry', 'requester@dry');
    const before = await installation.db.query(counted, {});
    const answer = await plan(dry, { ttlHours: 0.5 });
    expect(answer.status).toBe(200);
    expect(JSON.parse(answer.text)).toMatchObject({
      request: { ttlHours: 0.5, team: 'dry' },
      tags: { Team: 'dry' },
      installConfig: { publish: 'External' },
    });
    expect(JSON.parse(answer.text).installConfig.pullSecret).not.toContain('auths');
    expect(answer.text).not.toContain(Buffer.from('sandbox:not-a-secret-of-any-registry').toString('base64'));
    expect(await installation.db.query(counted, {})).toEqual(before);
  });

  test('R17: counts the workers of the request in machines and cost', async () => {
    const few = JSON.parse((await plan(ann, { workers: 2 })).text);
    const many = JSON.parse((await plan(ann, { workers: 10 })).text);
    expect(many).toMatchObject({
      request: { workerReplicas: 10 },
      installConfig: { compute: [{ replicas: 10 }] },
      costParts: expect.arrayContaining([expect.objectContaining({ what: 'workers', count: 10 })]),
    });
    const unitOf = (name: string) =>
      many.costParts.find(({ what }: { what: string }) => what === name).unitHourly;
    const perWorker = unitOf('workers') + unitOf('volumes of workers');
    expect(many.hourlyCost - few.hourlyCost).toBeCloseTo(8 * perWorker, 6);
    expect(many.hourlyCost).toBe(shippedRate('aws-standard', { workers: 10 }));
    expect(many.warnings).toEqual([]);
    const { cluster } = await createCluster(server, ann, { profile: 'aws-standard', workers: 4 });
    expect(cluster.workerReplicas).toBe(4);
    expect(parseProblem(await plan(ann, { workers: 11 })).errors).toMatchObject([
      { field: 'workers', code: 'OUT_OF_RANGE', allowed: ['2..10'] },
    ]);
  });

  test('G17: says that the cost is the estimate of the profile when a price is unknown', async () => {
    const shipped = server.services.profiles.get('aws-standard') as AwsProfile;
    const { workers } = shipped.compute;
    const compute = { ...shipped.compute, workers: { ...workers, instanceType: 'x9.huge' } };
    const unpriced = { ...shipped, compute };
    const profiles = { get: () => unpriced, list: () => [unpriced] };
    const own = await installation.server({ profiles });
    const body = { name: newName(), profile: shipped.name };
    const planned = await call(own, ann, { method: 'POST', target: '/v1/clusters?dryRun=true', body });
    const expected = [
      expect.stringMatching(/^the price of x9\.huge in us-east-1 is unknown \(table of [\d-]+\)/),
    ];
    expect(JSON.parse(planned.text).warnings).toEqual(expected);
    expect(JSON.parse(planned.text).hourlyCost).toBeCloseTo(shipped.costControls.estimatedHourlyCost, 4);
    const accepted = await postCluster(own, ann, { profile: shipped.name });
    expect(JSON.parse(accepted.text).warnings).toEqual(expected);
  });

  test('R17: warns of a private cluster in a network that is made for it', async () => {
    const shipped = server.services.profiles.get('aws-standard') as AwsProfile;
    const hidden = { ...shipped, features: { ...shipped.features, privateCluster: true } };
    const subnets = ['subnet-0a1b2c3d4e5f60718'];
    const aws = { ...shipped.platformConfig.aws, subnets };
    const warningsOf = async (profile: Profile) => {
      const profiles = { get: () => profile, list: () => [profile] };
      const body = { name: newName(), profile: profile.name };
      const target = '/v1/clusters?dryRun=true';
      const answer = await call(await installation.server({ profiles }), ann, {
        method: 'POST',
        target,
        body,
      });
      return JSON.parse(answer.text).warnings;
    };
    expect(await warningsOf(shipped)).toEqual([]);
    expect(await warningsOf(hidden)).toEqual([expect.stringContaining('answers only inside its VPC')]);
    expect(await warningsOf({ ...hidden, platformConfig: { aws } })).toEqual([]);
  });

  test('refuses what a create would refuse', async () => {
    expect(parseProblem(await plan(ann, { region: 'mars' })).status).toBe(422);
    expect(parseProblem(await plan(ann, { team: 'b' })).status).toBe(422);
    const wild = await call(server, ann, { method: 'POST', target: '/v1/clusters?dryRun=yes', body: {} });
    expect(parseProblem(wild).errors).toMatchObject([{ field: 'query.dryRun' }]);
  });
});

test('G12: a profile of a platform that the server is not connected to is refused, with those that would do', async () => {
  const sandbox = server.services.clouds.byKind('sandbox');
  const unconnected = await installation.server({ clouds: realClouds([{ ...sandbox, kind: 'aws' }]) });
  const answer = await postCluster(unconnected, ann, { profile: 'ibm-minimal-test' });
  expect(parseProblem(answer)).toMatchObject({
    status: 422,
    code: 'POLICY_VIOLATION',
    errors: [
      {
        field: 'profile',
        code: 'PLATFORM_NOT_CONNECTED',
        message: 'this server is not connected to ibmcloud',
        allowed: ['aws-minimal-test', 'aws-standard'],
      },
    ],
  });
  const { cluster } = await createCluster(unconnected, ann);
  expect(cluster.mode).toBe('real');
});

test('G12: what the installer would reject is refused by a dry run and by a create, not by the job', async () => {
  const shipped = server.services.profiles.get('aws-standard') as Profile;
  const profile = { ...shipped, regions: { allowlist: ['cn-north-1'], default: 'cn-north-1' } };
  const profiles = { get: () => profile, list: () => [profile] };
  const china = await installation.server({ profiles });
  const body = { name: newName(), profile: profile.name };
  for (const target of ['/v1/clusters?dryRun=true', '/v1/clusters']) {
    const answer = parseProblem(await call(china, ann, { method: 'POST', target, body }));
    expect(answer).toMatchObject({ status: 422, code: 'POLICY_VIOLATION' });
    expect(answer.errors).toMatchObject([
      { field: 'installConfig.controlPlane.platform.aws', code: 'INVALID_INSTALL_CONFIG' },
      { field: 'installConfig.compute[0].platform.aws', code: 'INVALID_INSTALL_CONFIG' },
    ]);
  }
});

test.each([
  ['R13: a name of which load balancers cannot be named', { name: 'internal-api' }, ['name RESERVED']],
  [
    'R5: a tag that the profile has in other case',
    { tags: { purpose: 'mine' } },
    ['tags.purpose DUPLICATE_KEY'],
  ],
  [
    'R5: two tags that differ in case only',
    { tags: { App: 'a', app: 'b' } },
    ['tags.App DUPLICATE_KEY', 'tags.app DUPLICATE_KEY'],
  ],
  ['R12: a tag of AWS', { tags: { 'aws:x': 'y' } }, ['tags.aws:x RESERVED']],
  [
    'R14: a line that is not a key',
    { sshPublicKey: `${ED25519_KEY}\nnot a key` },
    ['sshPublicKey INVALID_FORMAT'],
  ],
])('%s is refused by a dry run and by a create', async (_, more, expected) => {
  const body = { name: newName(), profile: 'aws-minimal-test', ...more };
  for (const target of ['/v1/clusters?dryRun=true', '/v1/clusters']) {
    const answer = parseProblem(await call(server, ann, { method: 'POST', target, body }));
    expect(answer).toMatchObject({ status: 422, code: 'POLICY_VIOLATION' });
    expect(answer.errors?.map(({ field, code }) => `${field} ${code}`)).toEqual(expected);
  }
});

test('R14: comments and blank lines of an SSH key file are not stored', async () => {
  const sshPublicKey = `# laptop\n${ED25519_KEY}\n  \n`;
  const { cluster } = await createCluster(server, admin, { sshPublicKey });
  expect(cluster.sshPublicKey).toBe(ED25519_KEY);
});
