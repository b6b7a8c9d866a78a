import type { Cluster, Job, JobEvent, ProfileDocument } from '../../../src/contract/documents.ts';

export const CLUSTER_ID = 'clu_01k4qqz3v7m2n5p8r1t4w6y9ab';
export const JOB_ID = 'job_01k4qqz3v7m2n5p8r1t4w6y9cd';

/** A READY sandbox cluster, changed as a test needs it. */
export function clusterOf(changes: Partial<Cluster> = {}): Cluster {
  return {
    id: CLUSTER_ID,
    name: 'demo',
    platform: 'aws',
    version: '4.20.3',
    profile: 'aws-minimal-test',
    region: 'us-east-1',
    baseDomain: 'labs.example.com',
    owner: 'admin',
    team: 'platform',
    costCenter: 'cc-1',
    status: 'READY',
    requestedBy: 'local:admin',
    ttlHours: 24,
    destroyAt: '2099-01-02T00:00:00Z',
    destroyReason: null,
    destroyRetryAt: null,
    keepalive: null,
    tags: { requested: {}, effective: { ManagedBy: 'cluster-control-plane' } },
    sshPublicKey: null,
    onFailure: 'destroy',
    infraId: 'demo-x7k2p',
    workerReplicas: 0,
    requestedWorkers: 0,
    offhours: null,
    hourlyCost: 0.7,
    costToDate: 1.4,
    costAtExpiry: 5.6,
    lastOperation: {
      jobId: JOB_ID,
      type: 'CREATE',
      status: 'SUCCEEDED',
      error: null,
      waitingReason: null,
    },
    abandoned: null,
    mode: 'sandbox',
    createdAt: '2026-01-01T00:00:00Z',
    updatedAt: '2026-01-01T00:40:00Z',
    readyAt: '2026-01-01T00:40:00Z',
    destroyedAt: null,
    ...changes,
  };
}

/** A finished create job, changed as a test needs it. */
export function jobOf(changes: Partial<Job> = {}): Job {
  return {
    id: JOB_ID,
    resourceKind: 'cluster',
    resourceId: CLUSTER_ID,
    resourceName: 'demo',
    clusterId: CLUSTER_ID,
    clusterName: 'demo',
    type: 'CREATE',
    status: 'SUCCEEDED',
    phase: 'finish',
    attempt: 1,
    maxAttempts: 3,
    requestedBy: 'local:admin',
    cancelRequested: false,
    waitingReason: null,
    error: null,
    workerId: 'wrk_1',
    createdAt: '2026-01-01T00:00:00Z',
    runAt: '2026-01-01T00:00:00Z',
    startedAt: '2026-01-01T00:00:01Z',
    endedAt: '2026-01-01T00:40:01Z',
    ...changes,
  };
}

/** An event of a job; a log line unless told otherwise. */
export function eventOf(seq: number, changes: Partial<JobEvent> = {}): JobEvent {
  return {
    seq,
    at: new Date(Date.UTC(2026, 0, 1, 0, 0, seq)).toISOString(),
    attempt: 1,
    phase: 'provision',
    kind: 'log',
    level: 'info',
    message: `line ${seq}`,
    data: {},
    ...changes,
  };
}

/** The event that a phase began or ended. */
export function phaseEvent(
  seq: number,
  phase: string,
  state: string,
  changes: Partial<JobEvent> = {},
): JobEvent {
  return eventOf(seq, { phase, kind: 'phase', message: `${phase} ${state}`, data: { state }, ...changes });
}

export function profileOf(changes: Partial<ProfileDocument> = {}): ProfileDocument {
  return {
    name: 'aws-minimal-test',
    displayName: 'AWS, minimal',
    description: 'For short tests',
    platform: 'aws',
    enabled: true,
    openshiftVersions: { allowlist: ['4.20.3', '4.20.4'], default: '4.20.3' },
    regions: { allowlist: ['us-east-1', 'us-east-2'], default: 'us-east-1' },
    baseDomains: { allowlist: ['labs.example.com'], default: 'labs.example.com' },
    controlPlane: { replicas: 3, instanceType: 'm6i.xlarge', schedulable: true },
    workers: { replicas: 0, minReplicas: 0, maxReplicas: 3, instanceType: 'm6i.2xlarge', scaleToZero: false },
    lifecycle: { defaultTTLHours: 24, maxTTLHours: 72, allowCustomTTL: true, warnBeforeDestroyHours: 1 },
    estimatedHourlyCost: 0.7,
    ...changes,
  };
}
