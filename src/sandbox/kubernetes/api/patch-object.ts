import { isJsonObject, type Json, type JsonObject, type KubeObject } from '../objects/kube-object.ts';
import type { ObjectStore } from '../objects/object-store.ts';
import { applyJsonPatch, applyMergePatch, applyStrategicPatch, PatchError } from '../objects/patches.ts';
import { badRequest, StatusError, unsupportedMediaType } from './api-error.ts';
import { bodyType } from './media-types.ts';
import type { ResourceTarget } from './request-target.ts';
import type { ResourceType } from './resource-types.ts';
import { scaleOf, updateScale } from './scale.ts';
import { existingObject, updateObject, type WriteOptions } from './write-objects.ts';

const JSON_PATCH = 'application/json-patch+json';
const MERGE_PATCH = 'application/merge-patch+json';
const STRATEGIC_PATCH = 'application/strategic-merge-patch+json';

/** The patch formats of a resource. Server-side apply is not among them: the sandbox does not track the owners of fields. */
function patchTypes({ isCustom }: Pick<ResourceType, 'isCustom'>): string[] {
  return isCustom ? [JSON_PATCH, MERGE_PATCH] : [JSON_PATCH, MERGE_PATCH, STRATEGIC_PATCH];
}

/** Patches an object, its status or its scale. @throws StatusError */
export function patchObject(
  store: ObjectStore,
  target: ResourceTarget,
  request: { readonly contentType: string | undefined; readonly text: string },
  options: WriteOptions,
): JsonObject {
  const { type, subresource } = target;
  const format = bodyType(request.contentType, patchTypes(type));
  const patch = parsePatch(request.text);
  const existing = existingObject(store, target);
  const current = subresource === 'scale' ? scaleOf(existing) : existing;
  const patched = apply(current, format, patch);
  if (!isJsonObject(patched)) throw badRequest('the patched object is not an object');
  if (subresource === 'scale') return updateScale(store, target, patched, options);
  // What the patch does not name stays as it was when the object was read: only a version in the patch can conflict.
  return updateObject(store, target, keepVersion(existing, patched), {
    ...options,
    part: subresource === undefined ? 'object' : 'status',
  });
}

function keepVersion({ metadata }: KubeObject, patched: JsonObject): JsonObject {
  if (!isJsonObject(patched['metadata'])) return patched;
  const { resourceVersion = metadata.resourceVersion, uid = metadata.uid } = patched['metadata'];
  return { ...patched, metadata: { ...patched['metadata'], resourceVersion, uid } };
}

function parsePatch(text: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch (thrown) {
    throw badRequest(`error decoding patch: ${thrown instanceof Error ? thrown.message : String(thrown)}`);
  }
}

function apply(current: JsonObject, format: string, patch: Json): Json {
  try {
    if (format === JSON_PATCH) return applyJsonPatch(current, patch);
    if (!isJsonObject(patch))
      throw new PatchError(400, 'error decoding patch: json: cannot unmarshal into Go value');
    if (format === MERGE_PATCH) return applyMergePatch(current, patch);
    if (format === STRATEGIC_PATCH) return applyStrategicPatch(current, patch);
  } catch (thrown) {
    if (!(thrown instanceof PatchError)) throw thrown;
    if (thrown.code === 400) throw badRequest(thrown.message);
    throw new StatusError(
      422,
      'Invalid',
      'the server rejected our request due to an error in our request',
      {},
    );
  }
  throw unsupportedMediaType([format]);
}
