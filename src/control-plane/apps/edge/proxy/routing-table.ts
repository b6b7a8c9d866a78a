import type { EdgeRoute, EdgeState, EdgeTraffic, EdgeUpstream } from '../edge-state.ts';
import { ServiceTraffic } from './service-traffic.ts';
import { Upstream } from './upstream.ts';

/** A route with its upstreams' connections. */
export interface RoutedService {
  readonly route: EdgeRoute;
  readonly upstreams: readonly Upstream[];
  /** Shared by all routes of a service, over all generations. */
  readonly traffic: ServiceTraffic;
}

/** The state in force, and the upstreams of former states that still have something in progress. */
export class RoutingTable {
  #generation = 0;
  #routes: ReadonlyMap<string, RoutedService> = new Map();
  #current: ReadonlySet<Upstream> = new Set();
  /** By id and address; with those that have left and are not idle yet. */
  readonly #upstreams = new Map<string, Upstream>();
  readonly #traffic = new Map<string, ServiceTraffic>();
  readonly #onForgotten: (serviceId: string) => void;

  /** @param onForgotten called for a service that left the state, when its traffic was taken */
  constructor(onForgotten: (serviceId: string) => void) {
    this.#onForgotten = onForgotten;
  }

  get generation(): number {
    return this.#generation;
  }

  /** All or nothing. @returns false when the state is not newer than the one in force */
  apply(state: EdgeState): boolean {
    if (state.generation <= this.#generation) return false;
    assertHostsOnce(state.routes);
    const current = new Set<Upstream>();
    const routes = new Map<string, RoutedService>();
    for (const route of state.routes) {
      const upstreams = route.upstreams.map((each) => this.#upstream(each));
      for (const upstream of upstreams) current.add(upstream);
      routes.set(route.host, { route, upstreams, traffic: this.#trafficOf(route.serviceId) });
    }
    const before = this.#current;
    this.#generation = state.generation;
    this.#routes = routes;
    this.#current = current;
    for (const upstream of current) upstream.keepTunnels();
    for (const upstream of before)
      if (!current.has(upstream)) {
        upstream.closeConnections();
        this.#forgetIdle();
      }
    return true;
  }

  find(host: string): RoutedService | undefined {
    return this.#routes.get(host);
  }

  /** By id of the upstream; one that moved to another address counts once. */
  inFlight(): ReadonlyMap<string, number> {
    const counts = new Map<string, number>();
    for (const { id, inFlight } of this.#upstreams.values()) counts.set(id, (counts.get(id) ?? 0) + inFlight);
    return counts;
  }

  /** Only of an upstream that is not in the state. */
  closeTunnels(id: string): void {
    for (const upstream of this.#upstreams.values())
      if (upstream.id === id && !this.#current.has(upstream)) upstream.closeTunnels();
  }

  upstreams(): Iterable<Upstream> {
    return this.#upstreams.values();
  }

  /** @returns requests and WebSockets in progress of each service */
  *servicesInFlight(): Iterable<readonly [serviceId: string, count: number]> {
    for (const { serviceId, inFlight } of this.#traffic.values()) yield [serviceId, inFlight];
  }

  /** Services that left the state are forgotten with what they had. */
  takeTraffic(): readonly EdgeTraffic[] {
    const present = new Set([...this.#routes.values()].map(({ route }) => route.serviceId));
    const taken: EdgeTraffic[] = [];
    for (const [id, traffic] of this.#traffic) {
      const part = traffic.take();
      if (part !== undefined) taken.push(part);
      if (present.has(id) || traffic.inFlight > 0) continue;
      this.#traffic.delete(id);
      this.#onForgotten(id);
    }
    return taken;
  }

  #upstream(wanted: EdgeUpstream): Upstream {
    const key = `${wanted.id} ${wanted.host} ${wanted.port}`;
    const known = this.#upstreams.get(key);
    if (known !== undefined) return known;
    const created = new Upstream(wanted, () => this.#forgetIdle());
    this.#upstreams.set(key, created);
    return created;
  }

  #trafficOf(serviceId: string): ServiceTraffic {
    const known = this.#traffic.get(serviceId);
    if (known !== undefined) return known;
    const created = new ServiceTraffic(serviceId);
    this.#traffic.set(serviceId, created);
    return created;
  }

  #forgetIdle(): void {
    for (const [key, upstream] of this.#upstreams)
      if (upstream.inFlight === 0 && !this.#current.has(upstream)) this.#upstreams.delete(key);
  }
}

function assertHostsOnce(routes: readonly EdgeRoute[]): void {
  const hosts = new Set<string>();
  for (const { host } of routes) {
    if (hosts.has(host)) throw new TypeError(`two routes for the host ${host}`);
    hosts.add(host);
  }
}

/**
 * The one with the least in flight, of equal ones each in turn; one that refused a connection lately only when there is no other.
 * @param turn grows with each request
 * @param except the one that was tried before, chosen again only when it is alone
 */
export function chooseUpstream(
  upstreams: readonly Upstream[],
  turn: number,
  nowMs: number,
  except?: Upstream,
): Upstream | undefined {
  let chosen: Upstream | undefined;
  let lowest = Number.POSITIVE_INFINITY;
  const count = upstreams.length;
  for (let i = 0; i < count; i++) {
    const upstream = upstreams[(turn + i) % count];
    if (upstream === undefined) continue;
    const weight =
      upstream.inFlight + (upstream.isAvoided(nowMs) ? AVOIDED : 0) + (upstream === except ? TRIED : 0);
    if (weight < lowest) [chosen, lowest] = [upstream, weight];
  }
  return chosen;
}

/** More than any upstream has in flight. */
const AVOIDED = 1e9;
const TRIED = 1e12;
