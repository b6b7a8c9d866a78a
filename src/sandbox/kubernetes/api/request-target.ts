import { noSuchResource, PathNotFoundError } from './api-error.ts';
import { RESOURCE_TYPES, type ResourceType, type Subresource } from './resource-types.ts';

/** What the path of a request names. */
export interface ResourceTarget {
  readonly type: ResourceType;
  /** Undefined: all namespaces, or a resource without one. */
  readonly namespace: string | undefined;
  /** Undefined: the collection. */
  readonly name: string | undefined;
  readonly subresource: Subresource | undefined;
}

/** @throws StatusError or PathNotFoundError for a path that no resource has */
export function parseResourceTarget(path: string): ResourceTarget {
  const parts = path.split('/').slice(1).map(decodePart);
  const [root, ...rest] = parts;
  const isCore = root === 'api';
  const [group, version, ...inside] = isCore ? ['', ...rest] : rest;
  if ((!isCore && root !== 'apis') || inside.length === 0) throw new PathNotFoundError();
  const inGroup = RESOURCE_TYPES.filter((known) => known.group === group && known.version === version);
  // Groups of CustomResourceDefinitions have a handler of their own.
  const notFound = () => (inGroup[0]?.isCustom === false ? noSuchResource() : new PathNotFoundError());
  // `/api/v1/namespaces/NAME` is a namespace, `/api/v1/namespaces/NAME/RESOURCE` something in it.
  const isNamespaced = inside[0] === 'namespaces' && inside.length > 2;
  const namespace = isNamespaced ? inside[1] : undefined;
  const [plural, name, subresource, ...more] = isNamespaced ? inside.slice(2) : inside;
  const type = inGroup.find((known) => known.plural === plural);
  if (type === undefined || more.length > 0 || (namespace !== undefined && !type.namespaced))
    throw notFound();
  if (name !== undefined && type.namespaced && namespace === undefined) throw notFound();
  if (name === '' || namespace === '') throw notFound();
  const known = type.subresources.find((wanted) => wanted === subresource);
  if (subresource !== undefined && known === undefined) throw notFound();
  return { type, namespace, name, subresource: known };
}

function decodePart(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw new PathNotFoundError();
  }
}
