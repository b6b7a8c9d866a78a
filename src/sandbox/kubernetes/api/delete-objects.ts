import { type JsonObject, type KubeObject, kubeTime, objectAt } from '../objects/kube-object.ts';
import type { ObjectStore } from '../objects/object-store.ts';
import { conflict } from './api-error.ts';
import type { ResourceTarget } from './request-target.ts';
import { RESOURCE_TYPES, type ResourceType, storeKey } from './resource-types.ts';
import { existingObject, type WriteOptions } from './write-objects.ts';

/** The answer to a delete: the object while finalizers hold it, else a Status. @throws StatusError */
export function deleteObject(
  store: ObjectStore,
  target: ResourceTarget,
  deleteOptions: JsonObject,
  { now, dryRun }: WriteOptions,
): JsonObject {
  const { type } = target;
  const existing = existingObject(store, target);
  assertPreconditions(type, existing, deleteOptions);
  const { name, uid, finalizers = [] } = existing.metadata;
  if (!dryRun && deleteOptions['propagationPolicy'] === 'Orphan') orphanDependents(store, uid);
  if (finalizers.length > 0 || storeKey(type) === 'pods') {
    const deleting = markDeleted(existing, now);
    return dryRun || existing.metadata.deletionTimestamp !== undefined
      ? deleting
      : store.put(storeKey(type), deleting);
  }
  if (!dryRun) store.remove(storeKey(type), existing);
  const details = { name, ...(type.group === '' ? {} : { group: type.group }), kind: type.plural, uid };
  return { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', details };
}

/** The object as it is once it was deleted, until its finalizers are gone. */
export function markDeleted(object: KubeObject, now: number): KubeObject {
  const { deletionTimestamp, generation } = object.metadata;
  if (deletionTimestamp !== undefined) return object;
  return {
    ...object,
    metadata: {
      ...object.metadata,
      deletionTimestamp: kubeTime(now),
      deletionGracePeriodSeconds: 0,
      ...(generation === undefined ? {} : { generation: generation + 1 }),
    },
  };
}

function assertPreconditions(type: ResourceType, { metadata }: KubeObject, deleteOptions: JsonObject): void {
  const { uid, resourceVersion } = objectAt(deleteOptions, 'preconditions');
  if (uid !== undefined && uid !== metadata.uid)
    throw conflict(
      type,
      metadata.name,
      `Precondition failed: UID in precondition: ${String(uid)}, UID in object meta: ${metadata.uid}`,
    );
  if (resourceVersion !== undefined && resourceVersion !== metadata.resourceVersion)
    throw conflict(
      type,
      metadata.name,
      `Precondition failed: ResourceVersion in precondition: ${String(resourceVersion)}, ResourceVersion in object meta: ${metadata.resourceVersion}`,
    );
}

/** `--cascade=orphan`: what the object owned stays. */
function orphanDependents(store: ObjectStore, ownerUid: string): void {
  for (const key of RESOURCE_TYPES.map(storeKey)) {
    for (const object of store.list(key)) {
      const { ownerReferences = [] } = object.metadata;
      const kept = ownerReferences.filter(({ uid }) => uid !== ownerUid);
      if (kept.length === ownerReferences.length) continue;
      const { ownerReferences: _old, ...metadata } = object.metadata;
      const owners = kept.length === 0 ? {} : { ownerReferences: kept };
      store.put(key, { ...object, metadata: { ...metadata, ...owners } });
    }
  }
}
