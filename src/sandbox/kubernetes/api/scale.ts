import { type JsonObject, type KubeObject, numberAt, objectAt, valueAt } from '../objects/kube-object.ts';
import type { ObjectStore } from '../objects/object-store.ts';
import { badRequest, conflict, MODIFIED, StatusError } from './api-error.ts';
import type { ResourceTarget } from './request-target.ts';
import { existingObject, updateObject, type WriteOptions } from './write-objects.ts';

/** The Scale of an object: its number of replicas and nothing else. */
export function scaleOf(object: KubeObject): JsonObject {
  const { name, namespace, uid, resourceVersion, creationTimestamp } = object.metadata;
  const labels = objectAt(object, 'spec', 'selector', 'matchLabels');
  return {
    kind: 'Scale',
    apiVersion: 'autoscaling/v1',
    metadata: { name, namespace, uid, resourceVersion, creationTimestamp },
    spec: { replicas: numberAt(object, 'spec.replicas') ?? 1 },
    status: {
      replicas: numberAt(object, 'status.replicas') ?? 0,
      ...(Object.keys(labels).length === 0
        ? {}
        : {
            selector: Object.entries(labels)
              .map(([key, value]) => `${key}=${String(value)}`)
              .sort()
              .join(','),
          }),
    },
  };
}

/** @throws StatusError */
export function updateScale(
  store: ObjectStore,
  target: ResourceTarget,
  scale: JsonObject,
  options: WriteOptions,
): JsonObject {
  const { type, name = '' } = target;
  if (scale['kind'] !== 'Scale' || scale['apiVersion'] !== 'autoscaling/v1')
    throw badRequest(
      `the object provided is unrecognized (must be of type Scale of autoscaling/v1): ${JSON.stringify(scale)}`,
    );
  const existing = existingObject(store, target);
  const given = objectAt(scale, 'metadata');
  if ((given['name'] ?? name) !== name)
    throw badRequest(
      `the name of the object (${String(given['name'])}) does not match the name on the URL (${name})`,
    );
  const version = given['resourceVersion'];
  if (version !== undefined && version !== '' && version !== existing.metadata.resourceVersion)
    throw conflict(type, name, MODIFIED);
  const replicas = valueAt(scale, 'spec.replicas') ?? 0;
  if (typeof replicas !== 'number' || !Number.isInteger(replicas))
    throw new StatusError(
      422,
      'Invalid',
      `json: cannot unmarshal ${typeof replicas} into Go struct field ScaleSpec.spec.replicas of type int32`,
      {},
    );
  const changed = { ...existing, spec: { ...objectAt(existing, 'spec'), replicas } };
  return scaleOf(updateObject(store, target, changed, { ...options, part: 'object' }));
}
