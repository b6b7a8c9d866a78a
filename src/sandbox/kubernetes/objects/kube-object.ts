export type Json = string | number | boolean | null | Json[] | JsonObject;
export interface JsonObject {
  [key: string]: Json | undefined;
}

export type OwnerReference = {
  apiVersion: string;
  kind: string;
  name: string;
  uid: string;
  controller?: boolean;
  blockOwnerDeletion?: boolean;
};

/** ObjectMeta of an object in the store. */
export type Metadata = {
  name: string;
  generateName?: string;
  namespace?: string;
  uid: string;
  resourceVersion: string;
  generation?: number;
  creationTimestamp: string;
  deletionTimestamp?: string;
  deletionGracePeriodSeconds?: number;
  finalizers?: string[];
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
  ownerReferences?: OwnerReference[];
};

/** An object of the API as it is stored. Never changed in place: an update makes a new one. */
export type KubeObject = JsonObject & { apiVersion: string; kind: string; metadata: Metadata };

export type Condition = {
  type: string;
  status: 'True' | 'False' | 'Unknown';
  reason?: string;
  message?: string;
  lastTransitionTime: string;
};

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The object at a path of fields; empty if there is none. */
export function objectAt(root: JsonObject, ...path: readonly string[]): JsonObject {
  let at: JsonObject = root;
  for (const field of path) {
    const next = at[field];
    if (!isJsonObject(next)) return {};
    at = next;
  }
  return at;
}

/** The value at a path such as `spec.replicas`; undefined if there is none. */
export function valueAt(root: JsonObject, path: string): Json | undefined {
  let at: Json | undefined = root;
  for (const field of path.split('.')) at = isJsonObject(at) ? at[field] : undefined;
  return at;
}

export function textAt(root: JsonObject, path: string): string | undefined {
  const value = valueAt(root, path);
  return typeof value === 'string' ? value : undefined;
}

export function numberAt(root: JsonObject, path: string): number | undefined {
  const value = valueAt(root, path);
  return typeof value === 'number' ? value : undefined;
}

export function listAt(root: JsonObject, path: string): Json[] {
  const value = valueAt(root, path);
  return Array.isArray(value) ? value : [];
}

export function conditionsOf(object: JsonObject): Condition[] {
  return listAt(object, 'status.conditions').filter((entry): entry is Condition => isJsonObject(entry));
}

export function hasCondition(
  object: JsonObject,
  type: string,
  status: Condition['status'] = 'True',
): boolean {
  return conditionsOf(object).some((entry) => entry.type === type && entry.status === status);
}

/** `now` as metav1.Time: without fractions of a second. */
export function kubeTime(now: number): string {
  return new Date(now).toISOString().replace(/\.\d{3}Z$/, 'Z');
}

/** The fields whose change raises `metadata.generation`: all but metadata and status. */
export function specOf(object: JsonObject): JsonObject {
  const { metadata: _metadata, status: _status, ...rest } = object;
  return rest;
}

export function isSame(a: unknown, b: unknown): boolean {
  return JSON.stringify(sorted(a)) === JSON.stringify(sorted(b));
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (!isJsonObject(value)) return value;
  return Object.fromEntries(
    Object.keys(value)
      .sort()
      .filter((key) => value[key] !== undefined)
      .map((key) => [key, sorted(value[key])]),
  );
}
