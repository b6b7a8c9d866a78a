import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { stringify } from 'yaml';
import { createAuthority, issueCertificate } from '../../../../src/sandbox/assets/x509.ts';

type Thing = Record<string, unknown> & { metadata: { name: string } & Record<string, unknown> };
type Kind =
  | 'machinesets'
  | 'machines'
  | 'nodes'
  | 'pods'
  | 'poddisruptionbudgets'
  | 'certificatesigningrequests'
  | 'events';

const SET_LABEL = 'machine.openshift.io/cluster-api-machineset';
const ROLE_LABEL = 'machine.openshift.io/cluster-api-machine-role';
const TOKEN = 'stand-in-token';

/** How the machines of a set follow its number; by default at once. */
export interface Behaviour {
  /** What a new machine looks like; default: Running with a ready node. */
  newMachine?(name: string, set: string): Thing;
  /** Whether a machine that is to go is gone at once. */
  canLeave?(name: string): boolean;
  /** Whether a request gets no answer at all. */
  isIgnored?(request: IncomingMessage): boolean;
  /** Answers a request instead of the server. */
  intercept?(request: IncomingMessage): { status: number; body?: unknown } | undefined;
}

/** A Kubernetes API over TLS with what a scale reads and changes; its state can be changed at any time. */
interface SetSpec {
  readonly template: { readonly metadata: { readonly labels: Readonly<Record<string, string>> } };
}

export class StandInApi {
  readonly objects: Record<Kind, Map<string, Thing>> = {
    machinesets: new Map(),
    machines: new Map(),
    nodes: new Map(),
    pods: new Map(),
    poddisruptionbudgets: new Map(),
    certificatesigningrequests: new Map(),
    events: new Map(),
  };
  readonly requests: string[] = [];
  behaviour: Behaviour = {};
  /** Answers 410 to watches, as for versions that are too old. */
  watchesExpire = false;
  kubeconfig = '';
  #version = 100;
  #serial = 0;
  readonly #watchers = new Set<{ kind: Kind; response: ServerResponse }>();
  readonly #server;

  private constructor(files: { key: string; cert: string }) {
    this.#server = createServer(files, (request, response) => void this.#answer(request, response));
  }

  static async start(sets: readonly string[], replicas: readonly number[]): Promise<StandInApi> {
    // A server certificate with the name of its authority would be taken as self-signed, and refused.
    const authority = createAuthority('stand-in-ca');
    const request = { commonName: 'stand-in', usage: 'server', names: ['127.0.0.1'] } as const;
    const { key, certificate } = issueCertificate(authority, request);
    const api = new StandInApi({ key, cert: certificate });
    for (const [index, name] of sets.entries()) api.addSet(name, replicas[index] ?? 0);
    await new Promise<void>((resolve) => api.#server.listen(0, '127.0.0.1', resolve));
    api.kubeconfig = kubeconfigOf(
      `https://127.0.0.1:${(api.#server.address() as AddressInfo).port}`,
      authority.certificate,
    );
    return api;
  }

  addSet(name: string, replicas: number, role = 'worker', annotations = {}): void {
    const template = { metadata: { labels: { [ROLE_LABEL]: role, [SET_LABEL]: name } }, spec: {} };
    this.put('machinesets', { metadata: { name, annotations }, spec: { replicas, template } });
    this.reconcile(name);
  }

  put(kind: Kind, thing: Thing): void {
    const version = String(++this.#version);
    const stored = { ...thing, metadata: { ...thing.metadata, resourceVersion: version } };
    const type = this.objects[kind].has(thing.metadata.name) ? 'MODIFIED' : 'ADDED';
    this.objects[kind].set(thing.metadata.name, stored);
    this.#announce(kind, type, stored);
  }

  remove(kind: Kind, name: string): void {
    const thing = this.objects[kind].get(name);
    this.objects[kind].delete(name);
    if (thing !== undefined) this.#announce(kind, 'DELETED', thing);
  }

  replicasOf(name: string): unknown {
    return (this.objects.machinesets.get(name)?.['spec'] as { replicas: number } | undefined)?.replicas;
  }

  machinesOf(set: string): string[] {
    return [...this.objects.machines.values()]
      .filter(({ metadata }) => (metadata['labels'] as Record<string, string>)[SET_LABEL] === set)
      .map(({ metadata }) => metadata.name);
  }

  /** What the machine set controller does: as many machines as the set asks for. */
  reconcile(set: string): void {
    const wanted = this.replicasOf(set) as number;
    const isLeaving = (name: string) =>
      this.objects.machines.get(name)?.metadata['deletionTimestamp'] !== undefined;
    let staying = this.machinesOf(set).filter((name) => !isLeaving(name));
    for (; staying.length < wanted; staying = this.machinesOf(set).filter((name) => !isLeaving(name))) {
      const name = `${set}-${++this.#serial}`;
      this.put('machines', this.behaviour.newMachine?.(name, set) ?? this.runningMachine(name, set));
    }
    for (const name of staying.slice(wanted)) this.leave(name);
  }

  leave(name: string): void {
    const machine = this.objects.machines.get(name);
    if (machine === undefined) return;
    if (this.behaviour.canLeave?.(name) ?? true) {
      this.remove('machines', name);
      this.remove('nodes', `node-${name}`);
    } else
      this.put('machines', {
        ...machine,
        metadata: { ...machine.metadata, deletionTimestamp: '2026-01-01T00:00:00Z' },
      });
  }

  machine(name: string, set: string, status: object, spec: object = {}): Thing {
    const labels = {
      [SET_LABEL]: set,
      [ROLE_LABEL]: this.#roleOf(set),
      'machine.openshift.io/zone': `zone-${set}`,
    };
    const finalizers = ['machine.machine.openshift.io'];
    return { metadata: { name, labels, finalizers }, spec, status };
  }

  #roleOf(set: string): string {
    const spec = this.objects.machinesets.get(set)?.['spec'] as SetSpec | undefined;
    return spec?.template.metadata.labels[ROLE_LABEL] ?? 'worker';
  }

  runningMachine(name: string, set: string): Thing {
    this.node(`node-${name}`, 'True');
    const status = { phase: 'Running', nodeRef: { name: `node-${name}` } };
    return this.machine(name, set, status, { providerID: `aws:///${name}` });
  }

  node(name: string, ready: 'True' | 'False'): void {
    const condition = {
      type: 'Ready',
      status: ready,
      message: ready === 'True' ? '' : 'the network is not ready',
    };
    this.put('nodes', { metadata: { name }, status: { conditions: [condition] } });
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  /** Ends all watches, as a server does after their time limit. */
  endWatches(): void {
    for (const { response } of this.#watchers) response.end();
  }

  #announce(kind: Kind, type: string, object: Thing): void {
    for (const watcher of this.#watchers)
      if (watcher.kind === kind) watcher.response.write(`${JSON.stringify({ type, object })}\n`);
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '', 'https://stand-in');
    this.requests.push(`${request.method} ${url.pathname}`);
    const send = (status: number, body: unknown) => {
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(JSON.stringify(body));
    };
    const failure = (code: number, message: string) =>
      send(code, { kind: 'Status', apiVersion: 'v1', status: 'Failure', code, message });
    if (this.behaviour.isIgnored?.(request)) return;
    if (request.headers.authorization !== `Bearer ${TOKEN}`) return failure(401, 'Unauthorized');
    const given = this.behaviour.intercept?.(request);
    if (given !== undefined)
      return given.body === undefined ? failure(given.status, 'given') : send(given.status, given.body);
    const parts = url.pathname.split('/');
    const kind = parts.find((part): part is Kind => part in this.objects);
    if (kind === undefined) return failure(404, 'the server could not find the requested resource');
    const name = parts[parts.indexOf(kind) + 1];
    if (request.method === 'PATCH') return this.#scale(request, name ?? '', send, failure);
    if (request.method === 'DELETE') {
      const machine = this.objects.machines.get(name ?? '');
      if (machine === undefined) return failure(404, `machines "${name}" not found`);
      this.leave(machine.metadata.name);
      this.reconcile((machine.metadata['labels'] as Record<string, string>)[SET_LABEL] ?? '');
      return send(200, { kind: 'Status', status: 'Success' });
    }
    if (url.searchParams.get('watch') === 'true') {
      if (this.watchesExpire) return failure(410, 'too old resource version');
      response.writeHead(200, { 'content-type': 'application/json' });
      response.flushHeaders();
      const watcher = { kind, response };
      this.#watchers.add(watcher);
      response.once('close', () => this.#watchers.delete(watcher));
      return;
    }
    const items = [...this.objects[kind].values()];
    send(200, { kind: 'List', metadata: { resourceVersion: String(this.#version) }, items });
  }

  async #scale(
    request: IncomingMessage,
    name: string,
    send: (status: number, body: unknown) => void,
    failure: (status: number, message: string) => void,
  ): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    if (request.headers['content-type'] !== 'application/merge-patch+json')
      return failure(415, 'no merge patch');
    const patch = JSON.parse(Buffer.concat(chunks).toString('utf8'));
    const set = this.objects.machinesets.get(name);
    if (set === undefined) return failure(404, `machinesets "${name}" not found`);
    if (patch.metadata.resourceVersion !== set.metadata['resourceVersion'])
      return failure(409, 'the object has been modified');
    this.put('machinesets', { ...set, spec: { ...(set['spec'] as object), replicas: patch.spec.replicas } });
    this.reconcile(name);
    send(200, { kind: 'Scale', apiVersion: 'autoscaling/v1', spec: { replicas: patch.spec.replicas } });
  }
}

function kubeconfigOf(server: string, authority: string): string {
  const data = Buffer.from(authority).toString('base64');
  return stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'c', cluster: { server, 'certificate-authority-data': data } }],
    users: [{ name: 'admin', user: { token: TOKEN } }],
    contexts: [{ name: 'admin', context: { cluster: 'c', user: 'admin' } }],
    'current-context': 'admin',
  });
}
