import type { KubeObject } from '../objects/kube-object.ts';
import type { ObjectStore } from '../objects/object-store.ts';
import { type Matcher, parseFieldSelector, parseLabelSelector, SelectorError } from '../objects/selectors.ts';
import type { ListPage } from './answers.ts';
import { badRequest, expired, invalidObject, StatusError } from './api-error.ts';
import type { ResourceTarget } from './request-target.ts';
import { storeKey } from './resource-types.ts';

const TOO_OLD = 'The resourceVersion for the provided list is too old.';
const CONTINUE_TOO_OLD =
  'The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter.';

/** Which objects a request selects. @throws StatusError 400 */
export function selectorOf({ type, namespace, name }: ResourceTarget, query: URLSearchParams): Matcher {
  try {
    const labels = parseLabelSelector(query.get('labelSelector') ?? '');
    const fields = parseFieldSelector(query.get('fieldSelector') ?? '', type.selectableFields);
    return (object) =>
      (namespace === undefined || object.metadata.namespace === namespace) &&
      (name === undefined || object.metadata.name === name) &&
      labels(object) &&
      fields(object);
  } catch (thrown) {
    if (thrown instanceof SelectorError) throw badRequest(thrown.message);
    throw thrown;
  }
}

/** A version in a query: undefined if it is absent. @throws StatusError 400 */
export function versionOf(query: URLSearchParams): number | undefined {
  const text = query.get('resourceVersion') ?? '';
  if (text === '') return undefined;
  if (/^\d{1,15}$/.test(text)) return Number(text);
  throw badRequest(
    `invalid resource version: resourceVersion: Invalid value: "${text}": strconv.ParseUint: parsing "${text}": invalid syntax`,
  );
}

/** One page of a list: `limit`, `continue`, `resourceVersion`, `resourceVersionMatch`. @throws StatusError */
export function listPage(store: ObjectStore, target: ResourceTarget, query: URLSearchParams): ListPage {
  const matches = selectorOf(target, query);
  const wanted = versionOf(query);
  const match = query.get('resourceVersionMatch') ?? '';
  const limit = limitOf(query);
  const start = continueOf(query);
  if (start !== undefined && wanted !== undefined && wanted !== 0)
    throw badRequest('specifying resource version is not allowed when using continue');
  assertMatch(match, wanted, start);
  if (wanted !== undefined && wanted > store.version) throw tooLarge(wanted, store.version);
  const isExact = match === 'Exact' || (match === '' && limit > 0 && wanted !== undefined && wanted > 0);
  const version = start?.version ?? (isExact && wanted !== undefined ? wanted : store.version);
  const all = store.listAt(storeKey(target.type), version);
  if (all === undefined) throw expired(start === undefined ? TOO_OLD : CONTINUE_TOO_OLD);
  const selected = all.filter(matches);
  const rest = start === undefined ? selected : selected.filter((object) => keyOf(object) > start.after);
  if (limit === 0 || rest.length <= limit) return { version, objects: rest };
  const objects = rest.slice(0, limit);
  const last = objects.at(-1);
  const isSelective = query.has('labelSelector') || query.has('fieldSelector');
  return {
    version,
    objects,
    continueToken:
      last && Buffer.from(JSON.stringify({ v: version, after: keyOf(last) })).toString('base64url'),
    remaining: isSelective ? undefined : rest.length - limit,
  };
}

function limitOf(query: URLSearchParams): number {
  const text = query.get('limit') ?? '0';
  if (!/^-?\d{1,15}$/.test(text)) throw badRequest(`strconv.ParseInt: parsing "${text}": invalid syntax`);
  return Math.max(0, Number(text));
}

interface Continuation {
  readonly version: number;
  readonly after: string;
}

function continueOf(query: URLSearchParams): Continuation | undefined {
  const token = query.get('continue') ?? '';
  if (token === '') return undefined;
  try {
    const { v, after }: { v?: unknown; after?: unknown } = JSON.parse(
      Buffer.from(token, 'base64url').toString(),
    );
    if (typeof v === 'number' && typeof after === 'string') return { version: v, after };
  } catch {
    // Not a token of this server.
  }
  throw badRequest('invalid continue token: continue key is not valid');
}

function assertMatch(match: string, wanted: number | undefined, start: Continuation | undefined): void {
  const problem = () => {
    if (match === '') return undefined;
    if (match !== 'Exact' && match !== 'NotOlderThan')
      return `Unsupported value: "${match}": supported values: "Exact", "NotOlderThan", ""`;
    if (start !== undefined) return 'Forbidden: resourceVersionMatch is forbidden when continue is provided';
    if (wanted === undefined)
      return 'Forbidden: resourceVersionMatch is forbidden unless resourceVersion is provided';
    if (match === 'Exact' && wanted === 0)
      return 'Forbidden: resourceVersionMatch "exact" is forbidden for resourceVersion "0"';
    return undefined;
  };
  const message = problem();
  if (message === undefined) return;
  const reason = message.startsWith('Unsupported') ? 'FieldValueNotSupported' : 'FieldValueForbidden';
  throw invalidObject({ group: 'meta.k8s.io', kind: 'ListOptions' }, '', [
    { reason, message, field: 'resourceVersionMatch' },
  ]);
}

/** A client that saw a newer version than this server has: it may ask again. */
function tooLarge(wanted: number, current: number): StatusError {
  return new StatusError(504, 'Timeout', `Too large resource version: ${wanted}, current: ${current}`, {
    causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }],
    retryAfterSeconds: 1,
  });
}

function keyOf({ metadata }: KubeObject): string {
  return `${metadata.namespace ?? ''}/${metadata.name}`;
}
