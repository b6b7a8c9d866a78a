import { describe, expect, test } from 'vitest';
import { ibmcloudCloud } from '../../../../../src/control-plane/clusters/clouds/ibmcloud/ibmcloud-cloud.ts';
import {
  ACCOUNT,
  API_KEY,
  type IbmServer,
  instanceItem,
  serviceIdItem,
  startIbmServer,
  vpcItem,
} from './ibm-server.ts';

const INFRA = 'demo-4cqs4';
const QUERY = {
  clusterId: 'clu_1',
  infraIds: [INFRA],
  regions: ['us-south'],
  clusterName: 'demo',
  baseDomain: 'labs.example.com',
};

const now = () => new Date('2026-02-01T00:00:00Z');

function cloudAt(server: IbmServer, apiKey: string | undefined = API_KEY) {
  const slept: number[] = [];
  const sleep = async (ms: number) => void slept.push(ms);
  const cloud = ibmcloudCloud({
    apiKey,
    endpoint: server.endpoint,
    settleMs: 7_000,
    clock: { now, sleep },
    random: () => 1,
  });
  return { cloud, slept, find: (query = QUERY) => cloud.find(query, AbortSignal.timeout(20_000)) };
}

const typesOf = (found: readonly { type: string; name: string }[]) =>
  found.map(({ type, name }) => `${type} ${name}`).sort();

describe('what an installer and ccoctl leave on IBM Cloud', () => {
  test('G2: every kind is found by the infraID in its name', async () => {
    const server = await startIbmServer();
    const collections = {
      instances: 'master-0',
      load_balancers: 'kubernetes-api-public',
      volumes: 'master-0-boot',
      floating_ips: 'bootstrap-ip',
      public_gateways: 'public-gateway-us-south-1',
      subnets: 'subnet-compute-us-south-1',
      security_groups: 'sg-cluster-wide',
      images: 'rhcos',
      keys: 'key',
      vpcs: 'vpc',
    };
    server.held.vpc['us-south'] = Object.fromEntries(
      Object.entries(collections).map(([kind, rest]) => [
        kind,
        [vpcItem(`${INFRA}-${rest}`), vpcItem(`other-${kind}`)],
      ]),
    );
    server.held.instances.push(
      instanceItem('cloud-object-storage', `${INFRA}-cos`),
      instanceItem('kms', 'theirs'),
    );
    server.held.serviceIds.push(
      serviceIdItem(`${INFRA}-openshift-machine-api-ibmcloud-credentials`),
      serviceIdItem('ci'),
    );
    const found = await cloudAt(server).find();
    expect(typesOf(found)).toEqual(
      [
        'is:instance demo-4cqs4-master-0',
        'is:load-balancer demo-4cqs4-kubernetes-api-public',
        'is:volume demo-4cqs4-master-0-boot',
        'is:floating-ip demo-4cqs4-bootstrap-ip',
        'is:public-gateway demo-4cqs4-public-gateway-us-south-1',
        'is:subnet demo-4cqs4-subnet-compute-us-south-1',
        'is:security-group demo-4cqs4-sg-cluster-wide',
        'is:image demo-4cqs4-rhcos',
        'is:key demo-4cqs4-key',
        'is:vpc demo-4cqs4-vpc',
        'cos:instance demo-4cqs4-cos',
        'iam:service-id demo-4cqs4-openshift-machine-api-ibmcloud-credentials',
      ].sort(),
    );
    expect(found.every(({ infraId }) => infraId === INFRA)).toBe(true);
  });

  test('volumes of the storage driver by their tag, load balancers of services by the infraID after kube-', async () => {
    const server = await startIbmServer();
    server.held.vpc['us-south'] = {
      volumes: [
        vpcItem('pvc-1', { user_tags: [`kubernetes-io-cluster-${INFRA}:owned`, 'env:test'] }),
        vpcItem('pvc-2', { user_tags: ['kubernetes-io-cluster-other-1abcd:owned'] }),
      ],
      load_balancers: [vpcItem(`kube-${INFRA}-0a1b2c`), vpcItem('kube-other-1abcd-0a1b2c')],
    };
    const found = await cloudAt(server).find();
    expect(typesOf(found)).toEqual([`is:load-balancer kube-${INFRA}-0a1b2c`, 'is:volume pvc-1']);
    expect(found.find(({ name }) => name === 'pvc-1')?.tags).toMatchObject({ env: 'test' });
  });

  test('the group made for the cluster, all that is in it, and what still waits in it to be reclaimed', async () => {
    const server = await startIbmServer();
    const group = { id: 'group-7', crn: 'crn:group-7', name: INFRA, created_at: '2026-01-02T03:04:05Z' };
    server.held.resourceGroups.push(group, { ...group, id: 'group-8', crn: 'crn:group-8', name: 'Default' });
    server.held.vpc['us-south'] = { volumes: [vpcItem('nameless', { resource_group: { id: 'group-7' } })] };
    server.held.instances.push(
      instanceItem('databases-for-redis', 'cache', { resource_group_id: 'group-7' }),
    );
    server.held.reclamations.push(
      { id: 'rec-1', entity_crn: 'crn:cos', resource_group_id: 'group-7', state: 'SCHEDULED' },
      { id: 'rec-2', entity_crn: 'crn:else', resource_group_id: 'group-8', state: 'SCHEDULED' },
    );
    expect(typesOf(await cloudAt(server).find())).toEqual([
      'databases-for-redis:instance cache',
      'is:volume nameless',
      'resource-controller:reclamation rec-1',
      `resource-controller:resource-group ${INFRA}`,
    ]);
  });

  test('the grant through which the image service reads the cluster’s object storage', async () => {
    const server = await startIbmServer();
    const storage = instanceItem('cloud-object-storage', `${INFRA}-cos`);
    server.held.instances.push(storage);
    const grantTo = (id: string, value: unknown) => ({
      id,
      type: 'authorization',
      subjects: [{ attributes: [{ name: 'serviceName', value: 'is' }] }],
      resources: [
        {
          attributes: [
            { name: 'serviceName', value: 'cloud-object-storage' },
            { name: 'serviceInstance', value },
          ],
        },
      ],
    });
    server.held.policies.push(grantTo('grant-1', storage['guid']), grantTo('grant-2', 'someone-else'));
    expect(typesOf(await cloudAt(server).find())).toEqual([
      `cos:instance ${INFRA}-cos`,
      'iam:authorization grant-1',
    ]);
  });

  test('records below the cluster’s domain, public and private; not those of its neighbours', async () => {
    const server = await startIbmServer();
    const cis = instanceItem('internet-svcs', 'our-domains');
    const dns = instanceItem('dns-svcs', 'our-private-domains');
    server.held.instances.push(cis, dns);
    server.held.cis[String(cis['crn'])] = [
      {
        id: 'zone-1',
        name: 'example.com',
        records: [
          { id: '1', name: 'api.demo.labs.example.com', type: 'CNAME', content: 'gone.lb.appdomain.cloud' },
          {
            id: '2',
            name: '*.apps.demo.labs.example.com',
            type: 'CNAME',
            content: 'gone.lb.appdomain.cloud',
          },
          { id: '3', name: 'api.mydemo.labs.example.com', type: 'CNAME', content: 'x' },
          { id: '4', name: 'labs.example.com', type: 'TXT', content: 'x' },
        ],
      },
      { id: 'zone-2', name: 'unrelated.org', records: [] },
    ];
    server.held.privateDns[String(dns['guid'])] = [
      {
        id: 'zone-3',
        name: 'labs.example.com',
        records: [
          { id: '5', name: 'api-int.demo.labs.example.com', type: 'CNAME', rdata: { cname: 'gone' } },
        ],
      },
    ];
    expect(typesOf(await cloudAt(server).find())).toEqual([
      'dns:record *.apps.demo.labs.example.com',
      'dns:record api-int.demo.labs.example.com',
      'dns:record api.demo.labs.example.com',
    ]);
  });

  test('G5: records that lead to the load balancer of a later cluster of the same name are that one’s', async () => {
    const server = await startIbmServer();
    const cis = instanceItem('internet-svcs', 'our-domains');
    server.held.instances.push(cis);
    server.held.vpc['us-south'] = {
      load_balancers: [vpcItem('demo-9zzzz-kubernetes-api-public', { hostname: 'new.lb.appdomain.cloud' })],
    };
    const records = [
      { id: '1', name: 'api.demo.labs.example.com', type: 'CNAME', content: 'new.lb.appdomain.cloud' },
    ];
    server.held.cis[String(cis['crn'])] = [{ id: 'zone-1', name: 'labs.example.com', records }];
    expect(await cloudAt(server).find()).toEqual([]);
  });

  test('L4: G2: all pages of every listing, however it pages', async () => {
    const server = await startIbmServer();
    const crowd = <T>(make: (name: string) => T): T[] =>
      Array.from({ length: 230 }, (_, i) => make(`other-${i}`));
    const cis = instanceItem('internet-svcs', `${'z'.repeat(5)}-domains`);
    const dns = instanceItem('dns-svcs', 'zzzzz-private');
    const zoneOf = (records: Record<string, unknown>[]) => [
      ...crowd((name) => ({ id: name, name: `${name}.org`, records: [] })),
      { id: 'last', name: 'labs.example.com', records },
    ];
    const record = (name: string) => ({ id: name, name: `${name}.labs.example.com`, content: '', rdata: {} });
    server.held.vpc['us-south'] = {
      subnets: [...crowd((name) => vpcItem(name)), vpcItem(`${INFRA}-subnet`)],
    };
    server.held.instances.push(
      ...crowd((name) => instanceItem('kms', name)),
      instanceItem('cloud-object-storage', `${INFRA}-cos`),
      cis,
      dns,
    );
    server.held.serviceIds.push(...crowd(serviceIdItem), serviceIdItem(`${INFRA}-a-b`));
    server.held.cis[String(cis['crn'])] = zoneOf([...crowd(record), record('api.demo')]);
    server.held.privateDns[String(dns['guid'])] = zoneOf([...crowd(record), record('api-int.demo')]);
    expect(typesOf(await cloudAt(server).find())).toEqual([
      `cos:instance ${INFRA}-cos`,
      'dns:record api-int.demo.labs.example.com',
      'dns:record api.demo.labs.example.com',
      `iam:service-id ${INFRA}-a-b`,
      `is:subnet ${INFRA}-subnet`,
    ]);
  });

  test('every region is asked, and each at its own address', async () => {
    const server = await startIbmServer();
    server.held.vpc['eu-de'] = { vpcs: [vpcItem(`${INFRA}-vpc`)] };
    const found = await cloudAt(server).find({ ...QUERY, regions: ['us-south', 'eu-de'] });
    expect(found).toMatchObject([{ type: 'is:vpc', region: 'eu-de' }]);
  });
});

describe('an answer that cannot be believed', () => {
  test('G2: nothing is believed to be gone, nor to be there, before two looks agree', async () => {
    const server = await startIbmServer();
    server.beforeVpcListing((n) => {
      // Made a moment ago: the first listing does not show it.
      server.held.vpc['us-south'] = { vpcs: n === 1 ? [] : [vpcItem(`${INFRA}-vpc`)] };
    });
    const { slept, find } = cloudAt(server);
    expect(typesOf(await find())).toEqual([`is:vpc ${INFRA}-vpc`]);
    expect(slept).toEqual([7_000, 7_000]);
  });

  test('throttling and broken answers are waited out, later and later', async () => {
    const server = await startIbmServer();
    server.refusals.push(429, 503);
    const { cloud, slept } = cloudAt(server);
    expect(await cloud.account()).toBe(ACCOUNT);
    expect(slept).toEqual([500, 1_000]);
  });

  test('throttled for good: an error that may pass, not an empty cloud', async () => {
    const server = await startIbmServer();
    server.refusals.push(...Array<number>(50).fill(429));
    await expect(cloudAt(server).find()).rejects.toMatchObject({ code: 'CLOUD_THROTTLED', retryable: true });
  });

  test.each([
    [403, 'ACCESS_DENIED', false],
    [404, 'CLOUD_UNAVAILABLE', true],
    [500, 'CLOUD_UNAVAILABLE', true],
  ])('G2: a listing that answers %i is an error, not an empty account', async (status, code, retryable) => {
    const server = await startIbmServer();
    const { cloud, find } = cloudAt(server);
    await cloud.account();
    server.beforeVpcListing(() => server.refusals.unshift(...Array<number>(20).fill(status)));
    server.held.vpc['us-south'] = { vpcs: Array.from({ length: 150 }, (_, i) => vpcItem(`other-${i}`)) };
    await expect(find()).rejects.toMatchObject({ code, retryable });
  });

  test('an item of an unknown form is an error, and not left out', async () => {
    const server = await startIbmServer();
    const cis = instanceItem('internet-svcs', 'domains');
    server.held.instances.push(cis, { name: 'an instance without its ids' });
    await expect(cloudAt(server).find()).rejects.toMatchObject({ code: 'CLOUD_ANSWER_UNREADABLE' });
  });

  test('a token that ends before its time is exchanged for a fresh one, once', async () => {
    const server = await startIbmServer();
    const { cloud } = cloudAt(server);
    await cloud.account();
    await cloud.account();
    expect(server.tokensGiven()).toBe(1);
    server.expireTokens();
    expect(await cloud.account()).toBe(ACCOUNT);
    expect(server.tokensGiven()).toBe(2);
  });

  test('the key is wrong, or there is none: said so, at once, and never shown', async () => {
    const server = await startIbmServer();
    const wrong = 'wrong-key-9876543210';
    const error: unknown = await cloudAt(server, wrong)
      .cloud.account()
      .catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'CREDENTIALS_INVALID', retryable: false });
    expect(JSON.stringify([String(error), error])).not.toContain(wrong);
    expect(server.asked).toEqual(['/iam/identity/token']);
    const none = ibmcloudCloud({
      apiKey: undefined,
      endpoint: server.endpoint,
      settleMs: 0,
      clock: { now, sleep: async () => {} },
      random: () => 1,
    });
    await expect(none.account()).rejects.toMatchObject({ code: 'CREDENTIALS_MISSING' });
    await expect(
      none.installerCredentials({ command: 'create' }, { home: '', onSecret: () => {}, onProblem: () => {} }),
    ).rejects.toMatchObject({
      code: 'CREDENTIALS_MISSING',
    });
  });

  test('G15: no request has the key in its address', async () => {
    const server = await startIbmServer();
    await cloudAt(server).find();
    expect(server.asked.length).toBeGreaterThan(10);
    expect(server.asked.filter((address) => address.includes(API_KEY))).toEqual([]);
  });
});

describe('before an install', () => {
  const machines = { replicas: 3, instanceType: 'bx2-4x16' };
  const request = {
    region: 'us-south',
    baseDomain: 'labs.example.com',
    publish: 'External' as const,
    controlPlane: machines,
    workers: machines,
    ownSubnets: false,
    createsInFlight: 0,
  };

  async function preflight(more: object, prepare: (server: IbmServer) => void = () => {}) {
    const server = await startIbmServer();
    const cis = instanceItem('internet-svcs', 'domains');
    server.held.instances.push(cis);
    server.held.cis[String(cis['crn'])] = [{ id: 'z', name: 'labs.example.com', records: [] }];
    server.held.resourceGroups.push({ id: 'g', crn: 'crn:g', name: 'clusters' });
    prepare(server);
    return cloudAt(server).cloud.preflight({ ...request, ...more }, AbortSignal.timeout(20_000));
  }

  test('all is well: the account and whose key it is', async () => {
    expect(await preflight({ resourceGroup: 'clusters' })).toEqual({
      account: ACCOUNT,
      principal: 'IBMid-270003GUSX',
      problems: [],
      notes: [],
    });
  });

  test.each([
    [{ region: 'us-moon' }, 'REGION_UNKNOWN'],
    [{ resourceGroup: 'Clusters' }, 'RESOURCE_GROUP_MISSING'],
    [{ baseDomain: 'dev.example.com' }, 'BASE_DOMAIN_ZONE_MISSING'],
  ])('%o is refused with %s', async (more, code) => {
    const { problems } = await preflight(more);
    expect(problems).toMatchObject([{ code, hint: expect.any(String), retryable: false }]);
  });

  test('R2: records at or below the domain of a new cluster refuse its create', async () => {
    const { problems } = await preflight({ clusterName: 'demo' }, ({ held }) => {
      const [zone] = Object.values(held.cis)[0] ?? [];
      zone?.records.push({ id: 'r', name: 'old.demo.labs.example.com', content: '192.0.2.1' });
    });
    expect(problems).toMatchObject([
      { code: 'DNS_RECORDS_EXIST', message: expect.stringContaining('old.demo.labs.example.com') },
    ]);
  });

  test('R3: G2: no create whose destroy could not be verified: what the read-back cannot list is a refusal', async () => {
    const { problems } = await preflight({ resourceGroup: 'clusters' }, ({ held }) => {
      held.resourceGroups.push({ nonsense: true });
    });
    expect(problems).toMatchObject([
      {
        code: 'CLOUD_ANSWER_UNREADABLE',
        message: expect.stringMatching(/^a destroy could not be verified: listing resource groups: /),
        retryable: false,
      },
    ]);
  });

  test('a private cluster needs no public zone', async () => {
    expect((await preflight({ baseDomain: 'corp.internal', publish: 'Internal' })).problems).toEqual([]);
  });
});
