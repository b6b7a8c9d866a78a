import { once } from 'node:events';
import { Agent, request } from 'node:https';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createAuthority, issueCertificate } from '../../../src/sandbox/assets/x509.ts';
import {
  type JsonObject,
  listAt,
  numberAt,
  objectAt,
  textAt,
} from '../../../src/sandbox/kubernetes/objects/kube-object.ts';
import { type Answer, createKubeClient, type KubeClient } from './kube-client.ts';
import type { SuiteTarget } from './suite-target.ts';

const SETS = '/apis/machine.openshift.io/v1beta1/namespaces/openshift-machine-api/machinesets';
const TABLE = 'application/json;as=Table;v=v1;g=meta.k8s.io';

function machineSet(name: string, replicas?: number): JsonObject {
  return {
    apiVersion: 'machine.openshift.io/v1beta1',
    kind: 'MachineSet',
    metadata: { name, labels: { suite: 'yes', one: name } },
    spec: {
      ...(replicas === undefined ? {} : { replicas }),
      selector: { matchLabels: { set: name } },
      template: { metadata: { labels: { set: name } }, spec: {} },
    },
  };
}

/** The error of an answer: what clients decide by. */
function errorOf({ code, body }: Answer) {
  return { code, kind: body['kind'], status: body['status'], reason: body['reason'], bodyCode: body['code'] };
}
const failure = (code: number, reason: string) => ({
  code,
  kind: 'Status',
  status: 'Failure',
  reason,
  bodyCode: code,
});

/** What the API of a cluster answers. The same tests run against the sandbox and a real kube-apiserver: where they differ, the sandbox is wrong. */
export function testKubernetesApi(open: () => Promise<SuiteTarget>): void {
  let target: SuiteTarget;
  let kube: KubeClient;
  beforeAll(async () => {
    target = await open();
    kube = createKubeClient(target.access);
  }, 120_000);
  afterAll(async () => {
    kube?.close();
    await target?.close();
  });
  beforeEach(async () => {
    await kube.call(`${SETS}?labelSelector=suite`, { method: 'DELETE' });
  });
  const create = async (body: JsonObject) => {
    const answer = await kube.call(SETS, { method: 'POST', body });
    expect(answer.code, answer.text).toBe(201);
    return answer.body;
  };
  const patch = (path: string, body: unknown, type = 'merge-patch+json') =>
    kube.call(path, { method: 'PATCH', headers: { 'content-type': `application/${type}` }, body });
  const versionOf = (body: JsonObject) => textAt(body, 'metadata.resourceVersion') ?? '';

  describe('discovery', () => {
    test('version and health', async () => {
      expect((await kube.call('/version')).body).toMatchObject({ major: '1', minor: '33' });
      for (const path of ['/healthz', '/livez', '/readyz'])
        expect(await kube.call(path)).toMatchObject({ code: 200, text: 'ok' });
    });

    test.each(['application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList', 'application/json'])(
      'groups as %s',
      async (accept) => {
        const isAggregated = accept.includes('apidiscovery');
        const { code, body, headers } = await kube.call('/apis', { headers: { accept } });
        expect({ code, kind: body['kind'] }).toEqual({
          code: 200,
          kind: isAggregated ? 'APIGroupDiscoveryList' : 'APIGroupList',
        });
        expect(headers['content-type']).toBe(accept);
        const groups = listAt(body, isAggregated ? 'items' : 'groups') as JsonObject[];
        const names = groups.map((group) => textAt(group, isAggregated ? 'metadata.name' : 'name'));
        for (const name of ['apps', 'certificates.k8s.io', 'policy', 'machine.openshift.io'])
          expect(names).toContain(name);
      },
    );

    test('the resources of a group version', async () => {
      const { body } = await kube.call('/apis/machine.openshift.io/v1beta1');
      const resources = listAt(body, 'resources') as JsonObject[];
      expect({ ...body, resources: resources.map(({ name }) => name).sort() }).toMatchObject({
        kind: 'APIResourceList',
        groupVersion: 'machine.openshift.io/v1beta1',
        resources: ['machines', 'machines/status', 'machinesets', 'machinesets/scale', 'machinesets/status'],
      });
      const scale = resources.find(({ name }) => name === 'machinesets/scale');
      expect(scale).toMatchObject({ group: 'autoscaling', version: 'v1', kind: 'Scale', namespaced: true });
      expect([...listAt(scale ?? {}, 'verbs')].sort()).toEqual(['get', 'patch', 'update']);
    });
  });

  describe('errors', () => {
    test.each([
      ['an unknown resource', 'GET', '/api/v1/nothings', undefined, 404, 'NotFound'],
      ['an unknown version', 'GET', '/apis/policy/v9', undefined, 404, 'NotFound'],
      ['an unknown object', 'GET', `${SETS}/absent`, undefined, 404, 'NotFound'],
      ['a delete of nothing', 'DELETE', `${SETS}/absent`, undefined, 404, 'NotFound'],
      ['a method that a collection does not have', 'PUT', '/api/v1/nodes', {}, 405, 'MethodNotAllowed'],
      ['a method that an object does not have', 'POST', '/api/v1/nodes/x', {}, 405, 'MethodNotAllowed'],
      ['an update without a name', 'PUT', SETS, {}, 400, 'BadRequest'],
      ['a body that is not JSON', 'POST', SETS, '{', 400, 'BadRequest'],
      ['a body of another kind', 'POST', SETS, { ...machineSet('x'), kind: 'Machine' }, 422, 'Invalid'],
      [
        'a body of another version',
        'POST',
        SETS,
        { ...machineSet('x'), apiVersion: 'machine.openshift.io/v1' },
        400,
        'BadRequest',
      ],
      ['a body without a name', 'POST', SETS, { ...machineSet('x'), metadata: {} }, 422, 'Invalid'],
      ['a name with capitals', 'POST', SETS, machineSet('Capitals'), 422, 'Invalid'],
      [
        'a label that is too long',
        'POST',
        SETS,
        { ...machineSet('x'), metadata: { name: 'x', labels: { a: 'b'.repeat(64) } } },
        422,
        'Invalid',
      ],
      ['replicas as text', 'POST', SETS, { ...machineSet('x'), spec: { replicas: '3' } }, 422, 'Invalid'],
      [
        'a policy that does not exist',
        'POST',
        SETS,
        { ...machineSet('x'), spec: { deletePolicy: 'Eldest' } },
        422,
        'Invalid',
      ],
      [
        'another namespace',
        'POST',
        SETS,
        { ...machineSet('x'), metadata: { name: 'x', namespace: 'default' } },
        400,
        'BadRequest',
      ],
      [
        'a field that cannot be selected',
        'GET',
        `${SETS}?fieldSelector=spec.replicas%3D1`,
        undefined,
        400,
        'BadRequest',
      ],
      ['a selector that is none', 'GET', `${SETS}?labelSelector=%2Fa`, undefined, 400, 'BadRequest'],
      ['a version that is not a number', 'GET', `${SETS}?resourceVersion=x`, undefined, 400, 'BadRequest'],
      ['a match without a version', 'GET', `${SETS}?resourceVersionMatch=Exact`, undefined, 422, 'Invalid'],
      [
        'a version of the future',
        'GET',
        `${SETS}?resourceVersion=999999999&resourceVersionMatch=NotOlderThan`,
        undefined,
        504,
        'Timeout',
      ],
    ])('%s', async (_name, method, path, body, code, reason) => {
      const call = body === undefined ? { method } : { method, body };
      const answer = await kube.call(path, call);
      expect(errorOf(answer), answer.text).toEqual(failure(code, reason));
    });

    test.each([
      '/nothing/here',
      '/apis/nothing.example.com/v1/things',
      '/apis/machine.openshift.io/v1beta1/nothings',
    ])('a path that is not served: %s', async (path) => {
      expect(await kube.call(path)).toMatchObject({ code: 404, text: '404 page not found\n' });
    });

    test('the texts that users see', async () => {
      await create(machineSet('texts', 1));
      const message = async (method: string, path: string, body: unknown) =>
        (await kube.call(path, { method, body })).body['message'];
      expect((await kube.call(`${SETS}/absent`)).body).toMatchObject({
        message: 'machinesets.machine.openshift.io "absent" not found',
        details: { name: 'absent', group: 'machine.openshift.io', kind: 'machinesets' },
      });
      expect(await message('POST', SETS, machineSet('texts'))).toBe(
        'machinesets.machine.openshift.io "texts" already exists',
      );
      expect(
        await message('PUT', `${SETS}/texts`, {
          ...machineSet('texts'),
          metadata: { name: 'texts', resourceVersion: '1' },
        }),
      ).toBe(
        'Operation cannot be fulfilled on machinesets.machine.openshift.io "texts": the object has been modified; please apply your changes to the latest version and try again',
      );
      expect(await message('PUT', `${SETS}/texts`, machineSet('other'))).toBe(
        'the name of the object (other) does not match the name on the URL (texts)',
      );
      expect(await message('PUT', `${SETS}/texts`, machineSet('texts'))).toBe(
        'machinesets.machine.openshift.io "texts" is invalid: metadata.resourceVersion: Invalid value: 0x0: must be specified for an update',
      );
    });

    test('401 for a token that is not known, 403 without any, as a Status', async () => {
      const { cert: _cert, key: _key, ...rest } = target.access;
      const stranger = createKubeClient(rest);
      const token = await stranger.call(SETS, { headers: { authorization: 'Bearer nonsense' } });
      expect(errorOf(token)).toEqual(failure(401, 'Unauthorized'));
      expect(errorOf(await stranger.call(SETS))).toEqual(failure(403, 'Forbidden'));
      stranger.close();
    });

    test('401 for a certificate of another authority, and for one that is not for clients', async () => {
      const { ca, server } = target.access;
      const leaf = { commonName: 'system:admin', organizations: ['system:masters'] } as const;
      for (const { certificate: cert, key } of [
        issueCertificate(createAuthority(target.authority.commonName), { ...leaf, usage: 'client' }),
        issueCertificate(target.authority, { ...leaf, usage: 'server' }),
      ]) {
        const stranger = createKubeClient({ server, ca, cert, key });
        expect(errorOf(await stranger.call(SETS))).toEqual(failure(401, 'Unauthorized'));
        stranger.close();
      }
    });

    test('403 also in a resumed TLS session without a certificate', async () => {
      const { ca, server } = target.access;
      const agent = new Agent({ ca, keepAlive: false });
      const seen: unknown[] = [];
      for (let count = 0; count < 2; count++) {
        const sent = request(`${server}${SETS}`, { agent }).end();
        const [response] = await once(sent, 'response');
        seen.push([response.socket.isSessionReused(), response.statusCode]);
        await once(response.resume(), 'close');
      }
      expect(seen).toEqual([
        [false, 403],
        [true, 403],
      ]);
    });

    test('415 for bodies in unknown formats, also a strategic patch of a custom resource', async () => {
      await create(machineSet('formats'));
      const xml = await kube.call(SETS, {
        method: 'POST',
        headers: { 'content-type': 'text/xml' },
        body: '<x/>',
      });
      expect(errorOf(xml)).toEqual(failure(415, 'UnsupportedMediaType'));
      const strategic = await patch(`${SETS}/formats`, { spec: {} }, 'strategic-merge-patch+json');
      expect(errorOf(strategic)).toEqual(failure(415, 'UnsupportedMediaType'));
      expect(strategic.body['message']).toContain(
        'application/json-patch+json, application/merge-patch+json',
      );
    });

    test('406 for answers in unknown formats', async () => {
      const answer = await kube.call(SETS, { headers: { accept: 'text/html' } });
      expect(answer.code).toBe(406);
    });
  });

  describe('writes', () => {
    test('a create fills in metadata and defaults, and drops the status', async () => {
      const body = await create({ ...machineSet('filled'), status: { replicas: 9 } });
      expect(numberAt(body, 'spec.replicas')).toBe(1);
      expect(numberAt(body, 'metadata.generation')).toBe(1);
      expect(textAt(body, 'metadata.uid')).toMatch(/^[0-9a-f-]{36}$/);
      expect(textAt(body, 'metadata.creationTimestamp')).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
      expect(body['status']).toBeUndefined();
    });

    test('generateName', async () => {
      const body = await create({
        ...machineSet('x'),
        metadata: { generateName: 'made-', labels: { suite: 'yes' } },
      });
      expect(textAt(body, 'metadata.name')).toMatch(/^made-[a-z0-9]{5}$/);
    });

    test('an update needs the newest version; the generation counts changes of the spec only', async () => {
      const first = await create(machineSet('updated', 1));
      const changed = { ...first, spec: { ...objectAt(first, 'spec'), replicas: 0 } };
      const second = await kube.call(`${SETS}/updated`, { method: 'PUT', body: changed });
      expect(second.code).toBe(200);
      expect(numberAt(second.body, 'metadata.generation')).toBe(2);
      expect(versionOf(second.body)).not.toBe(versionOf(first));
      const stale = await kube.call(`${SETS}/updated`, { method: 'PUT', body: changed });
      expect(errorOf(stale)).toEqual(failure(409, 'Conflict'));
      const same = await kube.call(`${SETS}/updated`, { method: 'PUT', body: second.body });
      expect(versionOf(same.body)).toBe(versionOf(second.body));
      const labelled = await patch(`${SETS}/updated`, { metadata: { labels: { more: 'yes' } } });
      expect(numberAt(labelled.body, 'metadata.generation')).toBe(2);
    });

    test('status and spec change by their own paths', async () => {
      await create(machineSet('parts', 0));
      const byStatus = await patch(`${SETS}/parts/status`, {
        spec: { replicas: 7 },
        status: { replicas: 5 },
      });
      expect(byStatus.body).toMatchObject({
        spec: { replicas: 0 },
        status: { replicas: 5 },
        metadata: { generation: 1 },
      });
      const bySpec = await patch(`${SETS}/parts`, { spec: { minReadySeconds: 7 }, status: { replicas: 8 } });
      expect(bySpec.body).toMatchObject({
        spec: { minReadySeconds: 7 },
        status: { replicas: 5 },
        metadata: { generation: 2 },
      });
    });

    test('a merge patch with an old version conflicts, without one it does not; null removes', async () => {
      const first = await create(machineSet('merged', 0));
      const labels = { metadata: { labels: { one: null, two: 'x' } } };
      const second = await patch(`${SETS}/merged`, labels);
      expect(objectAt(second.body, 'metadata', 'labels')).toEqual({ suite: 'yes', two: 'x' });
      const stale = await patch(`${SETS}/merged`, {
        metadata: { resourceVersion: versionOf(first) },
        spec: { replicas: 1 },
      });
      expect(errorOf(stale)).toEqual(failure(409, 'Conflict'));
    });

    test('a JSON patch: test, replace, and 422 for what does not fit', async () => {
      await create(machineSet('json', 0));
      const replace = (value: number) => [
        { op: 'test', path: '/spec/replicas', value },
        { op: 'replace', path: '/spec/replicas', value: value + 1 },
      ];
      const good = await patch(`${SETS}/json`, replace(0), 'json-patch+json');
      expect(numberAt(good.body, 'spec.replicas')).toBe(1);
      const failed = await patch(`${SETS}/json`, replace(0), 'json-patch+json');
      expect(errorOf(failed)).toEqual(failure(422, 'Invalid'));
      const missing = await patch(
        `${SETS}/json`,
        [{ op: 'remove', path: '/spec/absent' }],
        'json-patch+json',
      );
      expect(errorOf(missing)).toEqual(failure(422, 'Invalid'));
    });

    test('a dry run checks everything and does nothing', async () => {
      expect((await kube.call(`${SETS}?dryRun=All`, { method: 'POST', body: machineSet('dry') })).code).toBe(
        201,
      );
      expect((await kube.call(`${SETS}/dry`)).code).toBe(404);
      await create(machineSet('dry', 0));
      expect((await patch(`${SETS}/dry?dryRun=All`, { spec: { replicas: 3 } })).body).toMatchObject({
        spec: { replicas: 3 },
      });
      expect((await kube.call(`${SETS}/dry?dryRun=All`, { method: 'DELETE' })).code).toBe(200);
      expect((await kube.call(`${SETS}/dry`)).body).toMatchObject({ spec: { replicas: 0 } });
    });

    test('a delete: a Status, preconditions, finalizers', async () => {
      const first = await create(machineSet('deleted', 0));
      const wrong = { kind: 'DeleteOptions', apiVersion: 'v1', preconditions: { uid: 'another' } };
      expect(errorOf(await kube.call(`${SETS}/deleted`, { method: 'DELETE', body: wrong }))).toEqual(
        failure(409, 'Conflict'),
      );
      const deleted = await kube.call(`${SETS}/deleted`, { method: 'DELETE' });
      expect(deleted.body).toMatchObject({
        kind: 'Status',
        status: 'Success',
        details: {
          name: 'deleted',
          group: 'machine.openshift.io',
          kind: 'machinesets',
          uid: textAt(first, 'metadata.uid'),
        },
      });
      const held = machineSet('held', 0);
      await create({
        ...held,
        metadata: { ...objectAt(held, 'metadata'), finalizers: ['example.com/hold'] },
      });
      const holding = await kube.call(`${SETS}/held`, { method: 'DELETE' });
      expect(holding.body).toMatchObject({
        kind: 'MachineSet',
        metadata: { deletionGracePeriodSeconds: 0, generation: 2 },
      });
      expect(textAt(holding.body, 'metadata.deletionTimestamp')).toBeDefined();
      await patch(`${SETS}/held`, { metadata: { finalizers: null } });
      expect((await kube.call(`${SETS}/held`)).code).toBe(404);
    });
  });

  describe('scale', () => {
    test('reads and writes the number of replicas', async () => {
      const set = await create(machineSet('scaled', 2));
      const { body } = await kube.call(`${SETS}/scaled/scale`);
      expect(body).toMatchObject({
        kind: 'Scale',
        apiVersion: 'autoscaling/v1',
        metadata: {
          name: 'scaled',
          namespace: 'openshift-machine-api',
          uid: textAt(set, 'metadata.uid'),
          resourceVersion: versionOf(set),
        },
        spec: { replicas: 2 },
        status: { replicas: 0 },
      });
      const patched = await patch(`${SETS}/scaled/scale`, { spec: { replicas: 5 } });
      expect(patched.body).toMatchObject({ kind: 'Scale', spec: { replicas: 5 } });
      expect((await kube.call(`${SETS}/scaled`)).body).toMatchObject({
        spec: { replicas: 5 },
        metadata: { generation: 2 },
      });
      const stale = await kube.call(`${SETS}/scaled/scale`, { method: 'PUT', body });
      expect(errorOf(stale)).toEqual(failure(409, 'Conflict'));
      const put = await kube.call(`${SETS}/scaled/scale`, {
        method: 'PUT',
        body: { ...patched.body, spec: { replicas: 0 } },
      });
      expect({ code: put.code, replicas: numberAt(put.body, 'spec.replicas') ?? 0 }).toEqual({
        code: 200,
        replicas: 0,
      });
    });

    test('refuses what is not a number of replicas', async () => {
      await create(machineSet('bounds', 0));
      const negative = await patch(`${SETS}/bounds/scale`, { spec: { replicas: -1 } });
      expect(errorOf(negative)).toEqual(failure(422, 'Invalid'));
      expect(negative.body['message']).toBe(
        'MachineSet.machine.openshift.io "bounds" is invalid: .spec.replicas: Invalid value: -1: should be a non-negative integer',
      );
      const text = await patch(`${SETS}/bounds/scale`, { spec: { replicas: 'many' } });
      expect(errorOf(text)).toEqual(failure(422, 'Invalid'));
      expect(errorOf(await kube.call(`${SETS}/absent/scale`))).toEqual(failure(404, 'NotFound'));
    });
  });

  describe('lists', () => {
    test('pages of one version, though objects change in between', async () => {
      for (const name of ['page-a', 'page-b', 'page-c']) await create(machineSet(name, 0));
      const first = await kube.call(`${SETS}?limit=2`);
      expect(numberAt(first.body, 'metadata.remainingItemCount')).toBe(1);
      await kube.call(`${SETS}/page-c`, { method: 'DELETE' });
      await create(machineSet('page-d', 0));
      const token = encodeURIComponent(textAt(first.body, 'metadata.continue') ?? '');
      const second = await kube.call(`${SETS}?limit=2&continue=${token}`);
      expect(versionOf(second.body)).toBe(versionOf(first.body));
      const names = [first, second].map(({ body }) =>
        (listAt(body, 'items') as JsonObject[]).map((item) => textAt(item, 'metadata.name')),
      );
      expect(names).toEqual([['page-a', 'page-b'], ['page-c']]);
      expect(textAt(second.body, 'metadata.continue')).toBe('');
      const exact = await kube.call(
        `${SETS}?resourceVersion=${versionOf(first.body)}&resourceVersionMatch=Exact`,
      );
      expect(
        (listAt(exact.body, 'items') as JsonObject[]).map((item) => textAt(item, 'metadata.name')),
      ).toEqual(['page-a', 'page-b', 'page-c']);
    });

    test.each([
      ['labelSelector=one%3Dpick-a', ['pick-a']],
      ['labelSelector=one!%3Dpick-a', ['pick-b', 'pick-c']],
      ['labelSelector=one%20in%20(pick-a,pick-c)', ['pick-a', 'pick-c']],
      ['labelSelector=one%20notin%20(pick-a),suite', ['pick-b', 'pick-c']],
      ['labelSelector=!one', []],
      ['fieldSelector=metadata.name%3Dpick-b', ['pick-b']],
      [
        'fieldSelector=metadata.name!%3Dpick-b,metadata.namespace%3Dopenshift-machine-api',
        ['pick-a', 'pick-c'],
      ],
    ])('?%s', async (query, expected) => {
      for (const name of ['pick-a', 'pick-b', 'pick-c']) await create(machineSet(name, 0));
      const { body } = await kube.call(`${SETS}?${query}`);
      expect((listAt(body, 'items') as JsonObject[]).map((item) => textAt(item, 'metadata.name'))).toEqual(
        expected,
      );
    });

    test('as a Table, with the columns that kubectl prints', async () => {
      await create(machineSet('tabled', 2));
      const { body, headers } = await kube.call(SETS, { headers: { accept: TABLE } });
      expect(headers['content-type']).toBe('application/json');
      const columns = (listAt(body, 'columnDefinitions') as JsonObject[]).map(({ name, type, priority }) => [
        name,
        type,
        priority,
      ]);
      expect(columns).toEqual([
        ['Name', 'string', 0],
        ['Desired', 'integer', 0],
        ['Current', 'integer', 0],
        ['Ready', 'integer', 0],
        ['Available', 'string', 0],
        ['Age', 'date', 0],
      ]);
      const [row] = listAt(body, 'rows') as JsonObject[];
      expect(listAt(row ?? {}, 'cells').slice(0, 5)).toEqual(['tabled', 2, null, null, null]);
      expect(objectAt(row ?? {}, 'object')).toMatchObject({
        kind: 'PartialObjectMetadata',
        metadata: { name: 'tabled' },
      });
    });

    test('as metadata only', async () => {
      await create(machineSet('partial', 0));
      const accept = 'application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io';
      const { body } = await kube.call(SETS, { headers: { accept } });
      expect(body).toMatchObject({ kind: 'PartialObjectMetadataList', apiVersion: 'meta.k8s.io/v1' });
      expect(listAt(body, 'items')[0]).not.toHaveProperty('spec');
    });
  });

  describe('watches', () => {
    const shape = (event: JsonObject) =>
      `${String(event['type'])} ${textAt(event, 'object.metadata.name') ?? textAt(event, 'object.reason')}`;

    test('tells each change after a version, and only those', async () => {
      const { body } = await kube.call(SETS);
      await create(machineSet('seen', 0));
      await patch(`${SETS}/seen`, { spec: { replicas: 1 } });
      await kube.call(`${SETS}/seen`, { method: 'DELETE' });
      const events = await kube.watch(
        `${SETS}?watch=true&resourceVersion=${versionOf(body)}`,
        ({ length }) => length === 3,
      );
      expect(events.map(shape)).toEqual(['ADDED seen', 'MODIFIED seen', 'DELETED seen']);
      const versions = events.map((event) => Number(textAt(event, 'object.metadata.resourceVersion')));
      expect(versions).toEqual(versions.toSorted((a, b) => a - b));
      const resumed = await kube.watch(
        `${SETS}?watch=true&resourceVersion=${versions[0]}`,
        ({ length }) => length === 2,
      );
      expect(resumed.map(shape)).toEqual(['MODIFIED seen', 'DELETED seen']);
    });

    test('without a version, begins with what is there', async () => {
      await create(machineSet('there', 0));
      const events = await kube.watch(`${SETS}?watch=1&timeoutSeconds=1`, () => false);
      expect(events.map(shape)).toEqual(['ADDED there']);
    });

    test('an object that leaves the selection is DELETED, one that enters it ADDED', async () => {
      await create(machineSet('moves', 0));
      const { body } = await kube.call(SETS);
      const label = (value: string) => patch(`${SETS}/moves`, { metadata: { labels: { one: value } } });
      await label('elsewhere');
      await label('moves');
      const path = `${SETS}?watch=true&labelSelector=one%3Dmoves&resourceVersion=${versionOf(body)}`;
      expect((await kube.watch(path, ({ length }) => length === 2)).map(shape)).toEqual([
        'DELETED moves',
        'ADDED moves',
      ]);
    });

    test('a bookmark before the end', async ({ skip }) => {
      if (target.name === 'kube-apiserver') skip('sends one a minute');
      const { body } = await kube.call(SETS);
      const path = `${SETS}?watch=true&allowWatchBookmarks=true&timeoutSeconds=3&resourceVersion=${versionOf(body)}`;
      const events = await kube.watch(path, () => false);
      expect(events.map(({ type }) => type)).toContain('BOOKMARK');
      const last = { event: events.at(-1) };
      expect(textAt(last, 'event.object.kind')).toBe('MachineSet');
      expect(Number(textAt(last, 'event.object.metadata.resourceVersion'))).toBeGreaterThan(0);
    });

    test('a version that is too old: an event with 410', async () => {
      const events = await kube.watch(`${SETS}?watch=true&resourceVersion=1`, ({ length }) => length > 0);
      expect(events[0]).toMatchObject({
        type: 'ERROR',
        object: { kind: 'Status', code: 410, reason: 'Expired' },
      });
    });

    test('as tables: the columns come once', async () => {
      const { body } = await kube.call(SETS);
      await create(machineSet('rows', 0));
      await patch(`${SETS}/rows`, { spec: { replicas: 1 } });
      const path = `${SETS}?watch=true&resourceVersion=${versionOf(body)}`;
      const events = await kube.watch(path, ({ length }) => length === 2, { accept: TABLE });
      expect(events.map((event) => textAt(event, 'object.kind'))).toEqual(['Table', 'Table']);
      expect(events.map((event) => listAt(event, 'object.columnDefinitions').length)).toEqual([6, 0]);
    });
  });

  describe('nodes', () => {
    test('a strategic patch replaces taints; a cordon', async () => {
      const node = { apiVersion: 'v1', kind: 'Node', metadata: { name: 'suite-node' } };
      if (target.name === 'kube-apiserver') await kube.call('/api/v1/nodes', { method: 'POST', body: node });
      const { body } = await kube.call('/api/v1/nodes');
      const name = textAt({ first: listAt(body, 'items')[0] }, 'first.metadata.name');
      const path = `/api/v1/nodes/${name}`;
      await patch(path, { spec: { taints: null, unschedulable: null } });
      const taint = (key: string, effect: string) => ({ spec: { taints: [{ key, effect }] } });
      await patch(path, taint('a', 'NoSchedule'), 'strategic-merge-patch+json');
      await patch(path, taint('b', 'NoSchedule'), 'strategic-merge-patch+json');
      const merged = await patch(path, taint('a', 'NoExecute'), 'strategic-merge-patch+json');
      const taints = (listAt(merged.body, 'spec.taints') as JsonObject[])
        .map(({ key, effect }) => `${key}:${effect}`)
        .sort();
      expect(taints).toEqual(['a:NoExecute']);
      const cordoned = await patch(path, { spec: { unschedulable: true } }, 'strategic-merge-patch+json');
      expect(cordoned.body).toMatchObject({ spec: { unschedulable: true } });
      await patch(path, { spec: { taints: null, unschedulable: null } });
    });
  });
}
