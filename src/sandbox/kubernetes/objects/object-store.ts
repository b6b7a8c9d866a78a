import type { KubeObject } from './kube-object.ts';

export interface Change {
  readonly version: number;
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  /** `plural.group` */
  readonly resource: string;
  readonly object: KubeObject;
  readonly previous: KubeObject | undefined;
}

/** The objects of one cluster as they are saved. */
export interface SavedObjects {
  readonly version: number;
  readonly objects: Readonly<Record<string, readonly KubeObject[]>>;
}

/** Watches can start this many changes back; etcd keeps five minutes. */
const HISTORY_LENGTH = 2000;
/** A new store starts here: zero has a meaning of its own in requests. */
const FIRST_VERSION = 1000;

/**
 * The objects of one cluster with one resource version for all, as in etcd. Each change has the next version, and the last changes are
 * kept, so that a list can be continued and a watch be resumed.
 */
export class ObjectStore {
  #version: number;
  /** Versions up to this one cannot be watched from. */
  #oldest: number;
  readonly #objects = new Map<string, Map<string, KubeObject>>();
  #history: Change[] = [];
  readonly #listeners = new Set<(change: Change) => void>();

  constructor(saved?: SavedObjects) {
    this.#version = saved?.version ?? FIRST_VERSION;
    this.#oldest = this.#version;
    for (const [resource, objects] of Object.entries(saved?.objects ?? {}))
      this.#objects.set(resource, new Map(objects.map((object) => [keyOf(object), object])));
  }

  get version(): number {
    return this.#version;
  }

  save(): SavedObjects {
    const objects = [...this.#objects].map(([resource, map]) => [resource, [...map.values()]] as const);
    return { version: this.#version, objects: Object.fromEntries(objects) };
  }

  get(resource: string, namespace: string | undefined, name: string): KubeObject | undefined {
    return this.#objects.get(resource)?.get(`${namespace ?? ''}/${name}`);
  }

  /** All objects of a resource, sorted by namespace and name. */
  list(resource: string): KubeObject[] {
    return [...(this.#objects.get(resource)?.values() ?? [])].sort(byKey);
  }

  /** The objects as they were at a version; undefined if that is too long ago. */
  listAt(resource: string, version: number): KubeObject[] | undefined {
    if (version < this.#oldest) return undefined;
    const objects = new Map(this.#objects.get(resource) ?? []);
    for (const change of this.#history.toReversed()) {
      if (change.version <= version) break;
      if (change.resource !== resource) continue;
      if (change.previous === undefined) objects.delete(keyOf(change.object));
      else objects.set(keyOf(change.object), change.previous);
    }
    return [...objects.values()].sort(byKey);
  }

  /** The changes after a version; undefined if they are no longer known. */
  changesSince(version: number): Change[] | undefined {
    if (version < this.#oldest) return undefined;
    return this.#history.filter((change) => change.version > version);
  }

  /** Stores a new or changed object. @returns it with its resource version */
  put(resource: string, object: KubeObject): KubeObject {
    const objects = this.#objects.get(resource) ?? new Map<string, KubeObject>();
    this.#objects.set(resource, objects);
    const previous = objects.get(keyOf(object));
    const stored = this.#stamped(object);
    objects.set(keyOf(object), stored);
    this.#emit({ type: previous ? 'MODIFIED' : 'ADDED', resource, object: stored, previous });
    return stored;
  }

  remove(resource: string, object: KubeObject): KubeObject {
    const removed = this.#stamped(object);
    this.#objects.get(resource)?.delete(keyOf(object));
    this.#emit({ type: 'DELETED', resource, object: removed, previous: object });
    return removed;
  }

  /** @returns what ends the subscription */
  subscribe(listener: (change: Change) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #stamped(object: KubeObject): KubeObject {
    this.#version += 1;
    return { ...object, metadata: { ...object.metadata, resourceVersion: String(this.#version) } };
  }

  #emit(change: Omit<Change, 'version'>): void {
    const numbered = { ...change, version: this.#version };
    this.#history.push(numbered);
    if (this.#history.length > 2 * HISTORY_LENGTH) {
      this.#history = this.#history.slice(-HISTORY_LENGTH);
      this.#oldest = (this.#history[0]?.version ?? this.#version) - 1;
    }
    for (const listener of this.#listeners) listener(numbered);
  }
}

function keyOf({ metadata }: KubeObject): string {
  return `${metadata.namespace ?? ''}/${metadata.name}`;
}

function byKey(a: KubeObject, b: KubeObject): number {
  return keyOf(a) < keyOf(b) ? -1 : 1;
}
