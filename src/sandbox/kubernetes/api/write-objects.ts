import { randomBytes, randomUUID } from 'node:crypto';
import {
  isJsonObject,
  isSame,
  type JsonObject,
  type KubeObject,
  kubeTime,
  type Metadata,
  objectAt,
  specOf,
  textAt,
} from '../objects/kube-object.ts';
import type { ObjectStore } from '../objects/object-store.ts';
import { alreadyExists, badRequest, conflict, invalidObject, MODIFIED, objectNotFound } from './api-error.ts';
import { assertValid, invalidValue, withDefaults } from './object-rules.ts';
import type { ResourceTarget } from './request-target.ts';
import { apiVersionOf, type ResourceType, storeKey } from './resource-types.ts';

export interface WriteOptions {
  readonly now: number;
  /** Answers as if it were done, and does nothing. */
  readonly dryRun: boolean;
}

const SUFFIX_ALPHABET = 'bcdfghjklmnpqrstvwxz2456789';

export function generateName(prefix: string): string {
  return (
    prefix + Array.from(randomBytes(5), (byte) => SUFFIX_ALPHABET[byte % SUFFIX_ALPHABET.length]).join('')
  );
}

/** @throws StatusError */
export function createObject(
  store: ObjectStore,
  { type, namespace }: ResourceTarget,
  body: JsonObject,
  { now, dryRun }: WriteOptions,
): KubeObject {
  assertKind(type, body);
  const given = objectAt(body, 'metadata');
  if (namespace !== undefined && given['namespace'] !== undefined && given['namespace'] !== namespace)
    throw badRequest('the namespace of the provided object does not match the namespace sent on the request');
  const prefix = textAt(body, 'metadata.generateName');
  const name = textAt(body, 'metadata.name') || (prefix ? generateName(prefix) : '');
  if (namespace !== undefined && store.get('namespaces', undefined, namespace) === undefined)
    throw objectNotFound({ group: '', plural: 'namespaces' }, namespace);
  if (name === '')
    throw invalidObject(type, '', [
      {
        reason: 'FieldValueRequired',
        message: 'Required value: name or generateName is required',
        field: 'metadata.name',
      },
    ]);
  if (textAt(body, 'metadata.resourceVersion'))
    throw badRequest('resourceVersion should not be set on objects to be created');
  const { status: _status, ...rest } = body;
  const object: KubeObject = withDefaults(type, {
    ...rest,
    apiVersion: apiVersionOf(type),
    kind: type.kind,
    metadata: {
      ...metadataFields(given),
      ...(prefix ? { generateName: prefix } : {}),
      name,
      ...(namespace === undefined ? {} : { namespace }),
      uid: randomUUID(),
      resourceVersion: '',
      generation: 1,
      creationTimestamp: kubeTime(now),
    },
  });
  assertValid(type, object);
  if (store.get(storeKey(type), namespace, name) !== undefined) throw alreadyExists(type, name);
  return dryRun ? object : store.put(storeKey(type), object);
}

/** Which part of an object a request changes. */
export type UpdatedPart = 'object' | 'status';

/**
 * Replaces an object, or its status. The version in the new object, if it has one, must be that of the stored one.
 * @throws StatusError
 */
export function updateObject(
  store: ObjectStore,
  { type, namespace, name = '' }: ResourceTarget,
  body: JsonObject,
  { now, dryRun, part }: WriteOptions & { readonly part: UpdatedPart },
): KubeObject {
  assertKind(type, body);
  const given = objectAt(body, 'metadata');
  if (given['name'] !== name)
    throw badRequest(
      `the name of the object (${String(given['name'] ?? '')}) does not match the name on the URL (${name})`,
    );
  if (namespace !== undefined && (given['namespace'] ?? namespace) !== namespace)
    throw badRequest('the namespace of the object does not match the namespace on the URL');
  const existing = existingObject(store, { type, namespace, name });
  assertVersion(type, existing, given);
  const updated = part === 'status' ? withStatus(existing, body) : withSpec(type, existing, body);
  assertValid(type, updated);
  if (isSame(existing, updated)) return existing;
  if (dryRun) return updated;
  if (updated.metadata.deletionTimestamp !== undefined && (updated.metadata.finalizers ?? []).length === 0)
    return store.remove(storeKey(type), updated);
  void now;
  return store.put(storeKey(type), updated);
}

/** @throws StatusError 404 */
export function existingObject(
  store: ObjectStore,
  { type, namespace, name = '' }: Pick<ResourceTarget, 'type' | 'namespace' | 'name'>,
): KubeObject {
  const existing = store.get(storeKey(type), namespace, name);
  if (existing === undefined) throw objectNotFound(type, name);
  return existing;
}

function withStatus(existing: KubeObject, body: JsonObject): KubeObject {
  const { status: _old, ...rest } = existing;
  const { status } = body;
  return status === undefined ? rest : { ...rest, status };
}

function withSpec(type: ResourceType, existing: KubeObject, body: JsonObject): KubeObject {
  const { status } = existing;
  const { status: _status, metadata: _metadata, ...rest } = body;
  const {
    uid,
    creationTimestamp,
    deletionTimestamp,
    deletionGracePeriodSeconds,
    resourceVersion,
    generation,
    name,
  } = existing.metadata;
  const keepsStatus = type.subresources.includes('status');
  const next = keepsStatus ? status : body['status'];
  const object: KubeObject = withDefaults(type, {
    ...rest,
    apiVersion: existing.apiVersion,
    kind: existing.kind,
    metadata: {
      ...metadataFields(objectAt(body, 'metadata')),
      ...(existing.metadata.generateName === undefined
        ? {}
        : { generateName: existing.metadata.generateName }),
      name,
      ...(existing.metadata.namespace === undefined ? {} : { namespace: existing.metadata.namespace }),
      uid,
      creationTimestamp,
      ...(deletionTimestamp === undefined ? {} : { deletionTimestamp }),
      ...(deletionGracePeriodSeconds === undefined ? {} : { deletionGracePeriodSeconds }),
      resourceVersion,
      ...(generation === undefined ? {} : { generation }),
    },
    ...(next === undefined ? {} : { status: next }),
  });
  if (generation === undefined || isSame(specOf(existing), specOf(object))) return object;
  return { ...object, metadata: { ...object.metadata, generation: generation + 1 } };
}

/** The fields of metadata that a client may set. */
function metadataFields(given: JsonObject): Partial<Metadata> {
  const { labels, annotations, finalizers, ownerReferences } = given as Partial<Metadata>;
  return {
    ...(isJsonObject(labels) && Object.keys(labels).length > 0 ? { labels } : {}),
    ...(isJsonObject(annotations) && Object.keys(annotations).length > 0 ? { annotations } : {}),
    ...(Array.isArray(finalizers) && finalizers.length > 0 ? { finalizers } : {}),
    ...(Array.isArray(ownerReferences) && ownerReferences.length > 0 ? { ownerReferences } : {}),
  };
}

function assertKind(type: ResourceType, body: JsonObject): void {
  const { apiVersion, kind } = body;
  if (typeof kind !== 'string' || kind === '')
    throw badRequest(`Object 'Kind' is missing in '${JSON.stringify(body)}'`);
  if (typeof apiVersion !== 'string' || apiVersion === '')
    throw badRequest(`Object 'apiVersion' is missing in '${JSON.stringify(body)}'`);
  if (apiVersion !== apiVersionOf(type))
    throw badRequest(
      `the API version in the data (${apiVersion}) does not match the expected API version (${apiVersionOf(type)})`,
    );
  if (kind !== type.kind && type.isCustom)
    throw invalidObject({ ...type, kind }, textAt(body, 'metadata.name') ?? '', [
      invalidValue('kind', JSON.stringify(kind), `must be ${type.kind}`),
    ]);
  if (kind !== type.kind)
    throw badRequest(`the kind in the data (${kind}) does not match the expected kind (${type.kind})`);
}

function assertVersion(type: ResourceType, existing: KubeObject, given: JsonObject): void {
  const { name, uid, resourceVersion } = existing.metadata;
  if (given['uid'] !== undefined && given['uid'] !== '' && given['uid'] !== uid)
    throw conflict(
      type,
      name,
      `Precondition failed: UID in precondition: ${String(given['uid'])}, UID in object meta: ${uid}`,
    );
  const version = given['resourceVersion'];
  if (version === undefined || version === '') {
    if (!type.isCustom) return;
    // Named by its resource, not by its kind.
    throw invalidObject({ ...type, kind: type.plural }, name, [
      invalidValue('metadata.resourceVersion', '0x0', 'must be specified for an update'),
    ]);
  }
  if (version !== resourceVersion) throw conflict(type, name, MODIFIED);
}
