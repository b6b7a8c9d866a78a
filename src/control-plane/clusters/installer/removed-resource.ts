import type { LogRecord } from './log-record.ts';

/** What a destroy says about one resource: `Deleted`, `vpc`, `vpc-0aa`. */
export interface RemovedResource {
  readonly verb: string;
  readonly kind: string;
  readonly id: string;
}

// AWS puts the resource into fields, IBM Cloud into the sentence.
// Where a field names the thing itself, `id` or `name` is what it belonged to.
const AWS_KINDS = ['record set', 'instance', 'policy', 'role'] as const;
const AWS_VERB = /^(?:Deleted|Released|Disassociated|Detached|Terminated)$/;
const IBM_SENTENCE = /^(Stopped|Deleted) (.+?) "?([^" ]+)"?$/;

/** @returns the resource that a destroy line reports as gone (or as stopped), for the live view. */
export function removedResourceOf(
  record: Pick<LogRecord, 'message' | 'fields'>,
): RemovedResource | undefined {
  const { message, fields } = record;
  if (AWS_VERB.test(message)) {
    const kind = AWS_KINDS.find((name) => fields[name] !== undefined);
    const id = (kind && fields[kind]) ?? fields['id'] ?? fields['name'] ?? fields['arn'];
    return id === undefined
      ? undefined
      : { verb: message, kind: kind ?? fields['resourceType'] ?? 'resource', id };
  }
  const [, verb, kind, id] = IBM_SENTENCE.exec(message) ?? [];
  return verb && kind && id ? { verb, kind, id } : undefined;
}
