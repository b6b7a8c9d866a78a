import { type KubeObject, kubeTime, numberAt, textAt } from '../objects/kube-object.ts';
import type { ObjectStore } from '../objects/object-store.ts';
import { newMetadata } from './machine-objects.ts';

const EVENTS = 'events';
/** Older ones are removed; a real cluster keeps events for three hours. */
const MAX_EVENTS = 200;

export interface EventText {
  readonly type: 'Normal' | 'Warning';
  readonly reason: string;
  readonly message: string;
  readonly component: string;
}

/** Records an event about an object; the same text again only raises its count. */
export function recordEvent(store: ObjectStore, about: KubeObject, event: EventText, now: number): void {
  const { name, namespace, uid, resourceVersion } = about.metadata;
  const at = kubeTime(now);
  const known = store
    .list(EVENTS)
    .find(
      (other) =>
        textAt(other, 'involvedObject.uid') === uid &&
        other['reason'] === event.reason &&
        other['message'] === event.message,
    );
  if (known !== undefined) {
    store.put(EVENTS, { ...known, count: (numberAt(known, 'count') ?? 1) + 1, lastTimestamp: at });
    return;
  }
  const suffix = `${Math.floor(now).toString(16)}${store.version.toString(16)}`;
  const { generation: _generation, ...metadata } = newMetadata(
    `${name}.${suffix}`,
    namespace ?? 'default',
    now,
  );
  store.put(EVENTS, {
    apiVersion: 'v1',
    kind: 'Event',
    metadata,
    involvedObject: {
      apiVersion: about.apiVersion,
      kind: about.kind,
      name,
      ...(namespace === undefined ? {} : { namespace }),
      uid,
      resourceVersion,
    },
    type: event.type,
    reason: event.reason,
    message: event.message,
    source: { component: event.component },
    firstTimestamp: at,
    lastTimestamp: at,
    count: 1,
    eventTime: null,
    reportingComponent: event.component,
    reportingInstance: '',
  });
  const all = store.list(EVENTS);
  if (all.length <= MAX_EVENTS) return;
  const oldest = all.toSorted((a, b) =>
    String(a['lastTimestamp']) < String(b['lastTimestamp']) ? -1 : 1,
  )[0];
  if (oldest !== undefined) store.remove(EVENTS, oldest);
}
