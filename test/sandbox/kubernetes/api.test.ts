import { once } from 'node:events';
import { parseInstallConfig } from '../../../src/sandbox/assets/parse-install-config.ts';
import { clusterFromConfig } from '../../../src/sandbox/assets/sandbox-cluster.ts';
import { issueAdminCertificate } from '../../../src/sandbox/assets/secrets.ts';
import { createAuthority, issueCertificate } from '../../../src/sandbox/assets/x509.ts';
import { createClusterServer } from '../../../src/sandbox/kubernetes/api/cluster-server.ts';
import { installedMachines } from '../../../src/sandbox/kubernetes/cluster/cluster-zones.ts';
import { MACHINE_SETS, newMaster } from '../../../src/sandbox/kubernetes/cluster/machine-objects.ts';
import { NODES, newNode } from '../../../src/sandbox/kubernetes/cluster/node-objects.ts';
import { seedObjects } from '../../../src/sandbox/kubernetes/cluster/seed-objects.ts';
import { ObjectStore } from '../../../src/sandbox/kubernetes/objects/object-store.ts';
import { awsConfig } from '../installer-fixture.ts';
import { testKubernetesApi } from './api-suite.ts';
import type { SuiteTarget } from './suite-target.ts';

/** The API of one cluster without its controllers, on a port of its own. */
async function openSandboxApi(): Promise<SuiteTarget> {
  const ids = { clusterID: 'id', infraID: 'demo-x1y2z' };
  const cluster = clusterFromConfig(parseInstallConfig(awsConfig()), ids, []);
  const authority = createAuthority('root-ca');
  const serving = issueCertificate(authority, { commonName: 'api', usage: 'server', names: ['127.0.0.1'] });
  const installed = {
    cluster,
    version: '4.20.3',
    installedAt: new Date().toISOString(),
    mastersSchedulable: false,
    authority: authority.certificate,
    serving,
  };
  const store = new ObjectStore();
  seedObjects(store, installed);
  for (const set of store.list(MACHINE_SETS)) store.remove(MACHINE_SETS, set);
  const now = Date.now();
  for (const { name } of installedMachines(cluster).master)
    store.put(NODES, newNode(cluster, newMaster(cluster, name, 'us-east-2a', now), { ...installed, now }));
  const server = createClusterServer(installed, { store, now: Date.now, onWrite() {} });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new TypeError('no port');
  const admin = issueAdminCertificate(authority);
  return {
    name: 'sandbox',
    authority,
    access: {
      server: `https://127.0.0.1:${address.port}`,
      ca: authority.certificate,
      cert: admin.certificate,
      key: admin.key,
    },
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

testKubernetesApi(openSandboxApi);
