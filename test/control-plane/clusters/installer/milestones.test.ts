import { describe, expect, it } from 'vitest';
import {
  CREATE_MILESTONES,
  DESTROY_MILESTONES,
  milestoneOf,
  startsInfrastructure,
} from '../../../../src/control-plane/clusters/installer/milestones.ts';

/** The lines of a whole run, in the order in which they appear; some belong to one version only. */
const CREATE_RUN: readonly [message: string, id: string][] = [
  ['Credentials loaded from default AWS environment variables', 'credentials'],
  ['Consuming Install Config from target directory', 'inputs'],
  ['Consuming OpenShift Install (Manifests) from target directory', 'inputs'],
  ['Creating infrastructure resources...', 'infrastructure'],
  ['Reconciling IAM roles for control-plane and compute nodes', 'iam-roles'],
  ['Creating IAM role for master', 'iam-roles'],
  ['Copying AMI ami-0123 to region eu-west-9', 'image-copy'],
  ['Started local control plane with envtest', 'controllers'],
  ['Running process: Cluster API with args [-v=2]', 'controllers'],
  ['Waiting up to 15m0s (until 2:21PM CEST) for network infrastructure to become ready...', 'network-wait'],
  ['Network infrastructure is ready', 'network'],
  ['Creating private Hosted Zone', 'dns'],
  ['Creating Route53 records for control plane load balancer', 'dns'],
  ['Created private Hosted Zone', 'dns'],
  ['created cos bucket for bootstrap ignition config: demo-cos/demo-bucket', 'bootstrap-bucket'],
  [
    'Waiting up to 15m0s (until 2:30PM CEST) for machines [demo-4cqs4-bootstrap demo-4cqs4-master-0] to provision...',
    'machines-wait',
  ],
  ['Waiting up to 15m0s (until 2:30PM UTC) for machines to provision...', 'machines-wait'],
  ['Control-plane machines are ready', 'machines'],
  [
    'Cluster API resources have been created. Waiting for cluster to become ready...',
    'infrastructure-created',
  ],
  [
    'Waiting up to 20m0s (until 2:52PM CEST) for the Kubernetes API at https://api.demo.example.com:6443...',
    'api-wait',
  ],
  ['API v1.33.5 up', 'api'],
  ['Waiting up to 45m0s (until 3:20PM CEST) for bootstrapping to complete...', 'bootstrap-wait'],
  ['Waiting for the bootstrap etcd member to be removed...', 'bootstrap-etcd'],
  ['Bootstrap etcd member has been removed', 'bootstrap-etcd'],
  ['Bootstrap status: complete', 'bootstrap'],
  ['Destroying the bootstrap resources...', 'bootstrap-destroy'],
  ['Finished destroying bootstrap resources', 'bootstrap-destroyed'],
  [
    'Waiting up to 40m0s (until 3:50PM CEST) for the cluster at https://api.demo.example.com:6443 to initialize...',
    'operators-wait',
  ],
  [
    'Waiting up to 30m0s (until 4:10PM CEST) to ensure each cluster operator has finished progressing...',
    'stability-wait',
  ],
  ['All cluster operators have completed progressing', 'operators'],
  ['Checking to see if there is a route at openshift-console/console...', 'console'],
  ['Install complete!', 'complete'],
];

describe('milestones of a create', () => {
  it.each(CREATE_RUN)('%s', (message, id) => {
    expect(milestoneOf({ message })?.id).toBe(id);
  });

  it('come in order: the fraction never falls during a run, from 0 to 1', () => {
    const fractions = CREATE_RUN.map(([message]) => milestoneOf({ message })?.fraction);
    expect(fractions).toEqual(fractions.toSorted((a, b) => (a ?? 0) - (b ?? 0)));
    expect(fractions.at(0)).toBe(0);
    expect(fractions.at(-1)).toBe(1);
  });

  it('are each shown by a line above', () => {
    expect(new Set(CREATE_RUN.map(([, id]) => id))).toEqual(new Set(CREATE_MILESTONES.map(({ id }) => id)));
  });

  it('are not seen in other lines', () => {
    expect(
      milestoneOf({
        message: 'Created manifest *v1.Namespace, namespace= name=openshift-cluster-api-guests',
      }),
    ).toBeUndefined();
    expect(
      milestoneOf({ message: 'Still waiting for the Kubernetes API: Get "https://api…"' }),
    ).toBeUndefined();
  });
});

describe('milestones of a destroy', () => {
  it.each([
    ['Credentials loaded from the "default" profile in file "/w/.aws/credentials"', 'credentials'],
    ['Terminated', 'machines'],
    ['Deleted instance "demo-master-0"', 'machines'],
    ['Deleted', 'resources'],
    ['Released', 'resources'],
    ['Deleted DNS record "api.demo"', 'resources'],
    ['Reclaimed 1b2c', 'resources'],
    ['Removed tag kubernetes.io/cluster/demo-4cqs4: shared', 'tags'],
    ['Uninstallation complete!', 'complete'],
  ])('%s', (message, id) => {
    expect(milestoneOf({ message }, 'destroy')?.id).toBe(id);
  });

  it('have unique ids and rising fractions', () => {
    for (const rows of [CREATE_MILESTONES, DESTROY_MILESTONES]) {
      expect(new Set(rows.map(({ id }) => id)).size).toBe(rows.length);
      const fractions = rows.map(({ fraction }) => fraction);
      expect(fractions).toEqual(fractions.toSorted((a, b) => a - b));
    }
  });
});

it('knows the line after which the cloud may hold something', () => {
  expect(startsInfrastructure({ message: 'Creating infrastructure resources...' })).toBe(true);
  expect(startsInfrastructure({ message: 'Network infrastructure is ready' })).toBe(false);
});
