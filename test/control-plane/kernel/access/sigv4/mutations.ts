import fc from 'fast-check';
import {
  type SignedRequest,
  verifyRequest,
} from '../../../../../src/control-plane/kernel/access/sigv4/verify-request.ts';
import { pairsOf, policy, refusalOf, sign, TEMPORARY_KEY } from './signed-request.ts';

const printable = fc.string({
  unit: fc.integer({ min: 0x21, max: 0x7e }).map((c) => String.fromCharCode(c)),
  minLength: 1,
});
const drafts = fc.record({
  method: fc.constantFrom('GET', 'POST', 'PUT', 'DELETE'),
  path: fc
    .array(fc.stringMatching(/^[a-z0-9_~-][a-z0-9._~-]{0,9}$/), { minLength: 1, maxLength: 4 })
    .map((segments) => `/${segments.join('/')}`),
  query: fc.dictionary(fc.stringMatching(/^[a-z][a-z0-9]{0,7}$/), fc.string({ unit: 'grapheme' }), {
    maxKeys: 3,
  }),
  headers: fc.record({
    'content-type': fc.constant('application/json'),
    'idempotency-key': printable,
    'if-match': printable,
  }),
  body: fc.string({ unit: 'grapheme' }),
});

/** Replaces the character at `position` (counted round) of a text that is not empty. */
function alter(text: string, position: number, replacement: string): string {
  const at = position % text.length;
  const other = text[at] === replacement ? (replacement === 'a' ? 'b' : 'a') : replacement;
  return text.slice(0, at) + other + text.slice(at + 1);
}

type Mutation = (request: SignedRequest, position: number, replacement: string) => SignedRequest;
const MUTATIONS: Record<string, Mutation> = {
  method: (request, position, to) => ({ ...request, method: alter(request.method, position, to) }),
  target: (request, position, to) => ({ ...request, target: alter(request.target, position, to) }),
  'target, lengthened': (request, _, to) => ({ ...request, target: request.target + to }),
  'target, one more parameter': (request) => ({
    ...request,
    target: `${request.target}${request.target.includes('?') ? '&' : '?'}force=true`,
  }),
  'header value': (request, position, to) => {
    const pairs = pairsOf(request);
    const at = position % pairs.length;
    const changed = pairs.map(([name, value], i) => [
      name,
      i === at ? alter(value || ' ', position, to) : value,
    ]);
    return { ...request, rawHeaders: changed.flat() };
  },
  'header removed': (request, position) => {
    const pairs = pairsOf(request);
    return { ...request, rawHeaders: pairs.filter((_, i) => i !== position % pairs.length).flat() };
  },
  'body byte': (request, position) => {
    const body = Buffer.from(request.body.length === 0 ? ' ' : request.body);
    const at = position % body.length;
    body[at] = ((body[at] ?? 0) + 1) % 256;
    return { ...request, body };
  },
  'body, lengthened': (request) => ({ ...request, body: Buffer.concat([request.body, Buffer.from(' ')]) }),
  signature: (request, position) => {
    const changed = pairsOf(request).map(([name, value]) => {
      if (name !== 'authorization') return [name, value];
      const start = value.length - 64;
      const at = start + (position % 64);
      return [name, value.slice(0, at) + (value[at] === '0' ? '1' : '0') + value.slice(at + 1)];
    });
    return { ...request, rawHeaders: changed.flat() };
  },
};

/** `%2f` and `%2F` are one target; everything else that differs as text differs in meaning. */
function meaning(request: SignedRequest): string {
  return JSON.stringify({
    ...request,
    target: request.target.replace(/%[0-9a-f]{2}/gi, (sequence) => {
      const character = String.fromCharCode(Number.parseInt(sequence.slice(1), 16));
      return /[A-Za-z0-9._~!'()*-]/.test(character) ? character : sequence.toUpperCase();
    }),
    rawHeaders: request.rawHeaders,
    body: Buffer.from(request.body).toString('hex'),
  });
}

/**
 * Signs requests of every shape, changes one thing of each, and verifies both.
 * @returns how many changes of each kind were refused
 * @throws when a signed request is refused or a changed one is let in, with the smallest example of it
 */
export async function assertMutationsRejected(numRuns: number): Promise<Map<string, number>> {
  const refused = new Map<string, number>();
  await fc.assert(
    fc.asyncProperty(
      drafts,
      fc.boolean(),
      fc.constantFrom(...Object.keys(MUTATIONS)),
      fc.nat(),
      fc.integer({ min: 0x20, max: 0x7e }).map((c) => String.fromCharCode(c)),
      async (draft, temporary, kind, position, replacement) => {
        const request = await sign(temporary ? { ...draft, key: TEMPORARY_KEY } : draft);
        await verifyRequest(request, policy());
        const mutated = MUTATIONS[kind]?.(request, position, replacement) ?? request;
        fc.pre(meaning(mutated) !== meaning(request));
        const { status } = await refusalOf(verifyRequest(mutated, policy()));
        if (status !== 400 && status !== 401) throw new Error(`a changed ${kind} is ${status}`);
        refused.set(kind, (refused.get(kind) ?? 0) + 1);
      },
    ),
    { numRuns },
  );
  return refused;
}
