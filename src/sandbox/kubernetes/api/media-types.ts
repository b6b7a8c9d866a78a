import { notAcceptable, unsupportedMediaType } from './api-error.ts';

/** The form of an answer: whole objects, a table as `kubectl get` prints it, or only the metadata. */
export type AnswerForm = 'object' | 'Table' | 'PartialObjectMetadata';

interface MediaRange {
  readonly type: string;
  readonly parameters: Readonly<Record<string, string>>;
}

const JSON_TYPE = 'application/json';

function parseAccept(header: string | undefined): MediaRange[] {
  return (header ?? '*/*')
    .split(',')
    .map((range) => {
      const [type = '', ...pairs] = range.split(';').map((part) => part.trim());
      return {
        type: type.toLowerCase(),
        parameters: Object.fromEntries(pairs.map((pair) => pair.split('=', 2))),
      };
    })
    .sort((a, b) => qualityOf(b) - qualityOf(a));
}

function qualityOf({ parameters }: MediaRange): number {
  return Number(parameters['q'] ?? '1');
}

/** The first form of the Accept header that the sandbox has. @throws StatusError 406: it answers in JSON only */
export function negotiateForm(header: string | undefined, isWatch = false): AnswerForm {
  for (const { type, parameters } of parseAccept(header)) {
    if (!['*/*', 'application/*', JSON_TYPE].includes(type)) continue;
    if (isWatch && parameters['stream'] !== undefined && parameters['stream'] !== 'watch') continue;
    const { as: form, g: group, v: version } = parameters;
    if (form === undefined) return 'object';
    if (group !== 'meta.k8s.io' || version !== 'v1') continue;
    if (form === 'Table') return 'Table';
    if (form === 'PartialObjectMetadata' || form === 'PartialObjectMetadataList')
      return 'PartialObjectMetadata';
  }
  throw notAcceptable([JSON_TYPE]);
}

/** Does the client prefer the aggregated discovery document (`apidiscovery.k8s.io/v2`)? @throws StatusError 406 */
export function wantsAggregatedDiscovery(header: string | undefined): boolean {
  for (const { type, parameters } of parseAccept(header)) {
    if (!['*/*', 'application/*', JSON_TYPE].includes(type)) continue;
    if (parameters['as'] === undefined) return false;
    if (parameters['as'] === 'APIGroupDiscoveryList' && parameters['v'] === 'v2') return true;
  }
  throw notAcceptable([JSON_TYPE]);
}

/** The media type of a body, without parameters. @throws StatusError 415 if it is not among the accepted */
export function bodyType<T extends string>(
  header: string | undefined,
  accepted: readonly T[],
  fallback?: T,
): T {
  const type = (header ?? '').split(';')[0]?.trim().toLowerCase() ?? '';
  const found = accepted.find((known) => known === type);
  if (found !== undefined) return found;
  if (type === '' && fallback !== undefined) return fallback;
  throw unsupportedMediaType(accepted);
}
