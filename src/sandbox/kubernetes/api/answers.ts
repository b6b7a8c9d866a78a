import type { JsonObject, KubeObject } from '../objects/kube-object.ts';
import type { AnswerForm } from './media-types.ts';
import { apiVersionOf, type ResourceType } from './resource-types.ts';

/** What is left of a list when it was cut at `limit`. */
export interface ListPage {
  readonly version: number;
  readonly objects: readonly KubeObject[];
  readonly continueToken?: string | undefined;
  readonly remaining?: number | undefined;
}

export interface FormOptions {
  readonly form: AnswerForm;
  /** Of the objects in a table. */
  readonly includeObject: 'None' | 'Metadata' | 'Object';
  readonly now: number;
}

/** One object, in the form that the client asked for. */
export function objectAnswer(type: ResourceType, object: KubeObject, options: FormOptions): JsonObject {
  if (options.form === 'Table')
    return table(type, [object], options, { resourceVersion: object.metadata.resourceVersion });
  return options.form === 'PartialObjectMetadata' ? partialMetadata(object) : object;
}

export function listAnswer(type: ResourceType, page: ListPage, options: FormOptions): JsonObject {
  const metadata = {
    resourceVersion: String(page.version),
    // Lists of custom resources always have the field.
    ...(page.continueToken === undefined
      ? type.isCustom
        ? { continue: '' }
        : {}
      : { continue: page.continueToken }),
    ...(page.remaining === undefined ? {} : { remainingItemCount: page.remaining }),
  };
  const objects = [...page.objects];
  if (options.form === 'Table') return table(type, objects, options, metadata);
  if (options.form === 'PartialObjectMetadata') {
    const items = objects.map(partialMetadata);
    return { kind: 'PartialObjectMetadataList', apiVersion: 'meta.k8s.io/v1', metadata, items };
  }
  return { kind: `${type.kind}List`, apiVersion: apiVersionOf(type), metadata, items: objects };
}

/** An object of a watch event; only the first table of a watch names the columns. */
export function eventAnswer(
  type: ResourceType,
  object: KubeObject,
  options: FormOptions,
  isFirst: boolean,
): JsonObject {
  const answer = objectAnswer(type, object, options);
  return options.form === 'Table' && !isFirst ? { ...answer, columnDefinitions: null } : answer;
}

function partialMetadata({ metadata }: KubeObject): JsonObject {
  return { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata };
}

function table(
  { columns, isCustom }: ResourceType,
  objects: readonly KubeObject[],
  { includeObject, now }: FormOptions,
  metadata: JsonObject,
): JsonObject {
  const rowObject = (object: KubeObject): JsonObject => {
    if (includeObject === 'None') return {};
    return { object: includeObject === 'Object' ? object : partialMetadata(object) };
  };
  return {
    kind: 'Table',
    apiVersion: 'meta.k8s.io/v1',
    metadata,
    columnDefinitions: columns.map(({ name, type, format, priority }) => ({
      name,
      type,
      format: format ?? '',
      description: isCustom ? `Custom resource definition column ${name}` : name,
      priority,
    })),
    rows: objects.map((object) => ({
      cells: columns.map(({ cell }) => cell(object, now)),
      ...rowObject(object),
    })),
  };
}
