import type { IncomingMessage, ServerResponse } from 'node:http';
import { parse as parseYaml } from 'yaml';
import { isJsonObject, type JsonObject, textAt } from '../objects/kube-object.ts';
import type { ObjectStore } from '../objects/object-store.ts';
import { type FormOptions, listAnswer, objectAnswer } from './answers.ts';
import { badRequest, forbiddenObject, methodNotAllowed, StatusError } from './api-error.ts';
import { deleteObject } from './delete-objects.ts';
import { listPage } from './list-options.ts';
import { bodyType, negotiateForm } from './media-types.ts';
import { patchObject } from './patch-object.ts';
import { readBody } from './read-body.ts';
import { parseResourceTarget, type ResourceTarget } from './request-target.ts';
import type { Verb } from './resource-types.ts';
import { scaleOf, updateScale } from './scale.ts';
import { evictPod, updateApproval } from './special-requests.ts';
import { streamWatch } from './watch-stream.ts';
import { createObject, existingObject, updateObject, type WriteOptions } from './write-objects.ts';

export interface ApiContext {
  readonly store: ObjectStore;
  now(): number;
  /** Called after each request that may have changed something, before it is answered. */
  onWrite(): void;
}

export interface Answer {
  readonly code: number;
  readonly body: JsonObject;
}

/** Answers a request for objects. @returns undefined when the answer is a stream. @throws StatusError */
export async function handleResourceRequest(
  request: IncomingMessage,
  response: ServerResponse,
  url: URL,
  context: ApiContext,
): Promise<Answer | undefined> {
  const target = parseResourceTarget(url.pathname);
  const query = url.searchParams;
  const verb = verbOf(request.method ?? 'GET', target, query);
  const { store } = context;
  if (verb === 'watch') {
    const form = formOptions(request, query, context, true);
    streamWatch(store, target, query, { response, options: () => ({ ...form, now: context.now() }) });
    return undefined;
  }
  const form = formOptions(request, query, context, false);
  if (verb === 'list')
    return { code: 200, body: listAnswer(target.type, listPage(store, target, query), form) };
  if (verb === 'get') {
    const found = existingObject(store, target);
    return {
      code: 200,
      body: target.subresource === 'scale' ? scaleOf(found) : objectAnswer(target.type, found, form),
    };
  }
  const options: WriteOptions = { now: context.now(), dryRun: isDryRun(query) };
  const text = await readBody(request);
  const answer = write(
    store,
    target,
    verb,
    { text, contentType: request.headers['content-type'], query },
    options,
  );
  context.onWrite();
  return answer;
}

interface WriteRequest {
  readonly text: string;
  readonly contentType: string | undefined;
  readonly query: URLSearchParams;
}

function write(
  store: ObjectStore,
  target: ResourceTarget,
  verb: Verb,
  request: WriteRequest,
  options: WriteOptions,
): Answer {
  const { subresource } = target;
  if (verb === 'create') {
    // Refused in any format: clients send some of these kinds as protobuf.
    if (subresource === undefined && target.type.refusal !== undefined)
      throw forbiddenObject(target.type, nameIn(request.text), target.type.refusal);
    const body = parseBody(request);
    if (subresource === 'eviction') return { code: 201, body: evictPod(store, target, options) };
    return { code: 201, body: createObject(store, target, body, options) };
  }
  if (verb === 'patch') return { code: 200, body: patchObject(store, target, request, options) };
  if (verb === 'update') {
    const body = parseBody(request);
    if (subresource === 'scale') return { code: 200, body: updateScale(store, target, body, options) };
    if (subresource === 'approval') return { code: 200, body: updateApproval(store, target, body, options) };
    return {
      code: 200,
      body: updateObject(store, target, body, {
        ...options,
        part: subresource === 'status' ? 'status' : 'object',
      }),
    };
  }
  const deleteOptions = request.text.trim() === '' ? {} : parseBody(request);
  const asked = Array.isArray(deleteOptions['dryRun']) && deleteOptions['dryRun'].includes('All');
  const deletion = { ...options, dryRun: options.dryRun || asked };
  const policy = request.query.get('propagationPolicy');
  const merged = policy === null ? deleteOptions : { ...deleteOptions, propagationPolicy: policy };
  if (verb === 'delete') return { code: 200, body: deleteObject(store, target, merged, deletion) };
  const page = listPage(store, target, request.query);
  for (const { metadata } of page.objects)
    deleteObject(store, { ...target, name: metadata.name, namespace: metadata.namespace }, merged, deletion);
  return {
    code: 200,
    body: listAnswer(target.type, page, { form: 'object', includeObject: 'None', now: options.now }),
  };
}

function verbOf(
  method: string,
  { type, name, subresource, namespace }: ResourceTarget,
  query: URLSearchParams,
): Verb {
  const verb = verbOfMethod(method, name, query);
  if (verb === undefined && type.isCustom && (method === 'PUT' || method === 'PATCH'))
    throw badRequest('name must be provided');
  if (verb === undefined) throw methodNotAllowed();
  if (subresource !== undefined) {
    if (subresource === 'eviction') {
      if (method !== 'POST') throw methodNotAllowed();
      return 'create';
    }
    if (method === 'POST' || method === 'DELETE') throw methodNotAllowed();
    return verb;
  }
  if (!type.verbs.includes(verb)) throw methodNotAllowed();
  if (type.namespaced && namespace === undefined && verb !== 'list' && verb !== 'watch')
    throw methodNotAllowed();
  if (method === 'POST' && name !== undefined) throw methodNotAllowed();
  return verb;
}

function verbOfMethod(method: string, name: string | undefined, query: URLSearchParams): Verb | undefined {
  const isWatch = ['true', '1'].includes(query.get('watch') ?? '');
  switch (method) {
    case 'GET':
    case 'HEAD':
      if (isWatch) return 'watch';
      return name === undefined ? 'list' : 'get';
    case 'POST':
      return 'create';
    case 'PUT':
      return name === undefined ? undefined : 'update';
    case 'PATCH':
      return name === undefined ? undefined : 'patch';
    case 'DELETE':
      return name === undefined ? 'deletecollection' : 'delete';
    default:
      return undefined;
  }
}

function formOptions(
  request: IncomingMessage,
  query: URLSearchParams,
  context: ApiContext,
  isWatch: boolean,
): FormOptions {
  const include = query.get('includeObject');
  return {
    form: negotiateForm(request.headers.accept, isWatch),
    includeObject: include === 'None' || include === 'Object' ? include : 'Metadata',
    now: context.now(),
  };
}

function isDryRun(query: URLSearchParams): boolean {
  const asked = query.getAll('dryRun');
  for (const value of asked) {
    if (value !== 'All')
      throw new StatusError(
        422,
        'Invalid',
        `Invalid value: "${value}": dryRun: Unsupported value: "${value}": supported values: "All"`,
      );
  }
  return asked.length > 0;
}

/** Empty if the body is not JSON or has none. */
function nameIn(text: string): string {
  try {
    const body: unknown = JSON.parse(text);
    return isJsonObject(body) ? (textAt(body, 'metadata.name') ?? '') : '';
  } catch {
    return '';
  }
}

const JSON_TYPE = 'application/json';
const YAML_TYPE = 'application/yaml';

function parseBody({ text, contentType }: WriteRequest): JsonObject {
  const format = bodyType(contentType, [JSON_TYPE, YAML_TYPE], JSON_TYPE);
  try {
    const value: unknown = format === JSON_TYPE ? JSON.parse(text) : parseYaml(text);
    if (isJsonObject(value)) return value;
  } catch (thrown) {
    const why = thrown instanceof Error ? thrown.message : String(thrown);
    throw badRequest(`the object provided is unrecognized: ${why}`);
  }
  throw badRequest('the object provided is unrecognized (must be an object)');
}
