import type { ServerResponse } from 'node:http';
import type { JsonObject, KubeObject } from '../objects/kube-object.ts';
import type { Change, ObjectStore } from '../objects/object-store.ts';
import { eventAnswer, type FormOptions } from './answers.ts';
import { expired, invalidObject, StatusError } from './api-error.ts';
import { selectorOf, versionOf } from './list-options.ts';
import type { ResourceTarget } from './request-target.ts';
import { apiVersionOf, storeKey } from './resource-types.ts';

/** A client can tell a quiet watch from a dead one, and resumes at the version of the last bookmark. */
const BOOKMARK_MS = 60_000;
/** The last bookmark comes this long before the end, as from the real server. */
const LAST_BOOKMARK_MS = 2_000;
const MIN_TIMEOUT_S = 1800;
/** A timer of Node holds 24 days. */
const MAX_TIMEOUT_S = 86_400;

/** Streams changes, one JSON document a line, until the time of the client is over or it leaves. @throws StatusError */
export function streamWatch(
  store: ObjectStore,
  target: ResourceTarget,
  query: URLSearchParams,
  { options, response }: { readonly options: () => FormOptions; readonly response: ServerResponse },
): void {
  if (query.get('sendInitialEvents') !== null)
    throw invalidObject({ group: 'meta.k8s.io', kind: 'ListOptions' }, '', [
      {
        reason: 'FieldValueForbidden',
        message:
          'Forbidden: sendInitialEvents is forbidden for watch unless the WatchList feature gate is enabled',
        field: 'sendInitialEvents',
      },
    ]);
  const matches = selectorOf(target, query);
  const from = versionOf(query) ?? 0;
  const resource = storeKey(target.type);
  let isFirst = true;
  response.writeHead(200, { 'content-type': 'application/json', 'cache-control': 'no-cache, private' });
  const write = (type: string, object: JsonObject) => response.write(`${JSON.stringify({ type, object })}\n`);
  const send = (type: Change['type'], object: KubeObject) => {
    write(type, eventAnswer(target.type, object, options(), isFirst));
    isFirst = false;
  };
  const onChange = (change: Change) => {
    if (change.resource !== resource) return;
    const is = change.type !== 'DELETED' && matches(change.object);
    const was = change.previous !== undefined && matches(change.previous);
    if (is && was) send('MODIFIED', change.object);
    else if (is) send('ADDED', change.object);
    // The object as it was when it was last selected, with the version of the change.
    else if (was && change.previous) send('DELETED', withVersion(change.previous, change));
  };
  const past = from === 0 ? [] : store.changesSince(from);
  if (past === undefined) {
    const { status } = expired(`too old resource version: ${from} (${store.version})`);
    response.end(`${JSON.stringify({ type: 'ERROR', object: status })}\n`);
    return;
  }
  response.flushHeaders();
  if (from === 0) for (const object of store.list(resource).filter(matches)) send('ADDED', object);
  for (const change of past) onChange(change);
  const bookmark = () => {
    const metadata = { resourceVersion: String(store.version), creationTimestamp: null };
    write('BOOKMARK', { kind: target.type.kind, apiVersion: apiVersionOf(target.type), metadata });
  };
  const lastsMs = timeoutMs(query);
  const timers = [setTimeout(() => response.end(), lastsMs)];
  if (query.get('allowWatchBookmarks') === 'true' || query.get('allowWatchBookmarks') === '1') {
    timers.push(setInterval(bookmark, BOOKMARK_MS));
    timers.push(setTimeout(bookmark, Math.max(0, lastsMs - LAST_BOOKMARK_MS)));
  }
  const unsubscribe = store.subscribe(onChange);
  response.once('close', () => {
    unsubscribe();
    for (const timer of timers) clearTimeout(timer);
  });
}

function withVersion(object: KubeObject, { object: changed }: Change): KubeObject {
  const { resourceVersion } = changed.metadata;
  return { ...object, metadata: { ...object.metadata, resourceVersion } };
}

/** Without a wish of the client, a time between 30 and 60 minutes, so that not all clients come back at once. */
function timeoutMs(query: URLSearchParams): number {
  const text = query.get('timeoutSeconds') ?? '0';
  if (!/^\d{1,9}$/.test(text))
    throw new StatusError(400, 'BadRequest', `strconv.ParseInt: parsing "${text}": invalid syntax`);
  const seconds = Number(text);
  return Math.min(seconds === 0 ? MIN_TIMEOUT_S * (1 + Math.random()) : seconds, MAX_TIMEOUT_S) * 1000;
}
