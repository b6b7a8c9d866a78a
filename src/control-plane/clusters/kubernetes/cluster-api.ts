import { get, type RequestOptions } from 'node:https';
import type * as kubernetes from '@kubernetes/client-node';
import { JobFailure } from '../../kernel/jobs/job.ts';
import type { ClusterAccess } from './cluster-access.ts';

/** Longer than any answer of a healthy API server takes: without it a connection that hangs would hang the job. */
const REQUEST_TIMEOUT_MS = 30_000;
const FIELD_MANAGER = 'ocpctl';
/** https://docs.openshift.com/container-platform/4.20/rest_api/machine_apis/machineset-machine-openshift-io-v1beta1.html */
const MACHINE_API = { group: 'machine.openshift.io', version: 'v1beta1', namespace: 'openshift-machine-api' };

export type MachineKind = 'machinesets' | 'machines';
export const MACHINES_PATH = `/apis/${MACHINE_API.group}/${MACHINE_API.version}/namespaces/${MACHINE_API.namespace}/machines`;
export const NODES_PATH = '/api/v1/nodes';

/** Watches a listing until the signal. Events are not read: they only mean that it is time to list again. */
export type WatchList = (
  path: string,
  resourceVersion: string | undefined,
  listener: { onEvent(): void; onEnd(): void },
  signal: AbortSignal,
) => void;

/** The calls of a cluster's Kubernetes API that a scale makes. Errors are `JobFailure`s, or an `ClusterApiError` with its status. */
export interface ClusterApi {
  listMachineKind(kind: MachineKind): Promise<unknown>;
  /** @throws ClusterApiError 409 when the set has changed since `resourceVersion` */
  scaleMachineSet(name: string, replicas: number, resourceVersion: string): Promise<void>;
  deleteMachine(name: string): Promise<void>;
  listNodes(): Promise<kubernetes.V1NodeList>;
  listPodsOf(node: string): Promise<kubernetes.V1Pod[]>;
  listDisruptionBudgets(): Promise<kubernetes.V1PodDisruptionBudget[]>;
  listSigningRequests(): Promise<kubernetes.V1CertificateSigningRequest[]>;
  /** Warnings about machines. */
  listMachineWarnings(): Promise<kubernetes.CoreV1Event[]>;
  readonly watch: WatchList;
}

/** An answer of the API server that is an error; 0: no answer. */
export class ClusterApiError extends Error {
  readonly status: number;
  constructor(status: number, message: string, cause: unknown) {
    super(message, { cause });
    this.name = 'ClusterApiError';
    this.status = status;
  }
}

/**
 * A client of one cluster. The library (200 ms to load) is loaded at the first use, and each cluster has a KubeConfig of its own with
 * names of its own, because the library caches credentials by the name of the user.
 */
export async function openClusterApi(
  id: string,
  access: ClusterAccess,
  signal: AbortSignal,
): Promise<ClusterApi> {
  const k8s = await import('@kubernetes/client-node');
  const kubeconfig = kubeconfigOf(k8s, id, access);
  const configuration = k8s.createConfiguration({
    baseServer: new k8s.ServerConfiguration(access.server, {}),
    authMethods: { default: kubeconfig },
    promiseMiddleware: [
      {
        pre: async (request) => {
          request.setSignal(AbortSignal.any([signal, AbortSignal.timeout(REQUEST_TIMEOUT_MS)]));
          // The generated client would call it a JSON patch.
          if (String(request.getHttpMethod()) === 'PATCH')
            request.setHeaderParam('Content-Type', 'application/merge-patch+json');
          return request;
        },
        post: async (response) => response,
      },
    ],
  });
  const custom = new k8s.CustomObjectsApi(configuration);
  const core = new k8s.CoreV1Api(configuration);
  const policy = new k8s.PolicyV1Api(configuration);
  const certificates = new k8s.CertificatesV1Api(configuration);
  const machines = { ...MACHINE_API, plural: 'machines' };
  return {
    listMachineKind: (plural) => answerOf(custom.listNamespacedCustomObject({ ...MACHINE_API, plural })),
    scaleMachineSet: async (name, replicas, resourceVersion) => {
      const body = { metadata: { resourceVersion }, spec: { replicas } };
      const set = { ...MACHINE_API, plural: 'machinesets', name };
      await answerOf(custom.patchNamespacedCustomObjectScale({ ...set, body, fieldManager: FIELD_MANAGER }));
    },
    deleteMachine: async (name) => {
      await answerOf(custom.deleteNamespacedCustomObject({ ...machines, name }));
    },
    listNodes: () => answerOf(core.listNode()),
    listPodsOf: async (node) =>
      (await answerOf(core.listPodForAllNamespaces({ fieldSelector: `spec.nodeName=${node}` }))).items,
    listDisruptionBudgets: async () =>
      (await answerOf(policy.listPodDisruptionBudgetForAllNamespaces())).items,
    listSigningRequests: async () => (await answerOf(certificates.listCertificateSigningRequest())).items,
    listMachineWarnings: async () => {
      const { namespace } = MACHINE_API;
      const fieldSelector = 'involvedObject.kind=Machine,type=Warning';
      return (await answerOf(core.listNamespacedEvent({ namespace, fieldSelector }))).items;
    },
    watch: await watcherOf(kubeconfig, access.server),
  };
}

/** The watch of the library has no limit for a server that accepts the connection and answers nothing. */
async function watcherOf(kubeconfig: kubernetes.KubeConfig, server: string): Promise<WatchList> {
  const options: RequestOptions = {};
  await kubeconfig.applyToHTTPSOptions(options);
  return (path, resourceVersion, { onEvent, onEnd }, signal) => {
    const query = new URLSearchParams({
      watch: 'true',
      ...(resourceVersion === undefined ? {} : { resourceVersion }),
    });
    const request = get(`${server}${path}?${query}`, { ...options, signal });
    request.on('response', (response) => {
      response.on('error', () => {});
      // A refused watch does not wake the scale: the next watch would be refused at once.
      if (response.statusCode === 200) response.on('data', onEvent).on('close', onEnd);
      else response.resume();
    });
    // The lists that follow say what is wrong with the server.
    request.on('error', () => {});
  };
}

function kubeconfigOf(k8s: typeof kubernetes, id: string, access: ClusterAccess): kubernetes.KubeConfig {
  const { server, authority, tlsServerName, proxyUrl, credentials } = access;
  const base64 = (text: string) => Buffer.from(text).toString('base64');
  const kubeconfig = new k8s.KubeConfig();
  kubeconfig.loadFromOptions({
    clusters: [
      {
        name: id,
        server,
        skipTLSVerify: false,
        ...(authority === undefined ? {} : { caData: base64(authority) }),
        ...(tlsServerName === undefined ? {} : { tlsServerName }),
        ...(proxyUrl === undefined ? {} : { proxyUrl }),
      },
    ],
    users: [
      'token' in credentials
        ? { name: id, token: credentials.token }
        : { name: id, certData: base64(credentials.certificate), keyData: base64(credentials.key) },
    ],
    contexts: [{ name: id, cluster: id, user: id }],
    currentContext: id,
  });
  return kubeconfig;
}

async function answerOf<T>(call: Promise<T>): Promise<T> {
  try {
    return await call;
  } catch (error) {
    throw toClusterApiError(error);
  }
}

/** @returns an ClusterApiError with the message of the server's Status; a JobFailure when no later call can succeed */
function toClusterApiError(error: unknown): Error {
  const status = statusOf(error);
  const message = messageOfStatus(error);
  if (status === 401 || status === 403) {
    const text = `the API server of the cluster denies access (${status}): ${message}`;
    return new JobFailure('CLUSTER_API_DENIED', text, { retryable: false, cause: error });
  }
  return new ClusterApiError(status, message, error);
}

function statusOf(error: unknown): number {
  return error instanceof Error && 'code' in error && typeof error.code === 'number' ? error.code : 0;
}

/** The library puts body and headers of the answer into the message of its error. */
function messageOfStatus(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  // node-fetch says of every abort that it was the user's.
  if (error.name === 'AbortError') return `no answer within ${REQUEST_TIMEOUT_MS / 1_000} seconds`;
  const body = 'body' in error ? error.body : undefined;
  const parsed = typeof body === 'string' ? parsedJson(body) : body;
  if (typeof parsed === 'object' && parsed !== null && 'message' in parsed) return String(parsed.message);
  return error.message.split('\nBody:')[0]?.replaceAll('\n', ' ') ?? error.name;
}

function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
