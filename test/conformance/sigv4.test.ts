import { describe, expect, test } from 'vitest';
import { parseAuthorization } from '../../src/control-plane/kernel/access/sigv4/authorization-header.ts';
import { canonicalRequest } from '../../src/control-plane/kernel/access/sigv4/canonical-request.ts';
import {
  type CredentialScope,
  sha256Hex,
  signatureOf,
  stringToSign,
} from '../../src/control-plane/kernel/access/sigv4/signature.ts';
import { readSuite, SUITE_IS_THERE, type SuiteCase, type SuiteRequest } from './sigv4-suite.ts';

const cases = SUITE_IS_THERE ? readSuite() : [];

interface Computed {
  readonly canonical: string;
  readonly text: string;
  readonly signature: string;
  /** The one that came with the request. */
  readonly claimed: string;
}

/** What the verifier computes, for either form. The server itself knows no query form: only this test does. */
function compute({ form, secret, normalise, tokenUnsigned }: SuiteCase, request: SuiteRequest): Computed {
  const parameter = (name: string) => request.query.find(([other]) => other === name)?.[1] ?? '';
  const proof = form === 'header' ? proofInHeader(request) : proofInQuery(parameter);
  const unsigned = ['X-Amz-Signature', ...(tokenUnsigned ? ['X-Amz-Security-Token'] : [])];
  const query = request.query.filter(([name]) => !unsigned.includes(name));
  const { signedHeaders } = proof;
  const payloadHash = sha256Hex(request.body);
  const canonical = canonicalRequest(
    { ...request, query, signedHeaders, payloadHash },
    { normalise, encode: true },
  );
  const text = stringToSign(proof.date, proof.scope, sha256Hex(canonical));
  return {
    canonical,
    text,
    signature: signatureOf(text, secret, proof.scope).toString('hex'),
    claimed: proof.signature,
  };
}

interface Proof {
  readonly date: string;
  readonly scope: CredentialScope;
  readonly signedHeaders: readonly string[];
  readonly signature: string;
}

function proofInHeader({ headers }: SuiteRequest): Proof {
  const { scope, signedHeaders, signature } = parseAuthorization(headers);
  return {
    date: headers.get('x-amz-date')?.[0] ?? '',
    scope,
    signedHeaders,
    signature: signature.toString('hex'),
  };
}

function proofInQuery(parameter: (name: string) => string): Proof {
  const [, date = '', region = '', service = ''] = parameter('X-Amz-Credential').split('/');
  return {
    date: parameter('X-Amz-Date'),
    scope: { date, region, service },
    signedHeaders: parameter('X-Amz-SignedHeaders').split(';'),
    signature: parameter('X-Amz-Signature'),
  };
}

/** The same request with one byte changed, once for each part that has one. */
function changedByOneByte({ signed }: SuiteCase): Record<string, SuiteRequest> {
  const flip = (text: string) => text.slice(0, -1) + (text.endsWith('e') ? 'f' : 'e');
  const changed: Record<string, SuiteRequest> = {
    method: { ...signed, method: flip(signed.method) },
    path: { ...signed, path: `${signed.path}e` },
  };
  signed.query.forEach(([name, value], at) => {
    const put = (pair: readonly [string, string]) => ({ ...signed, query: signed.query.with(at, pair) });
    changed[`query value ${name} ${value}`] = put([name, flip(value)]);
    changed[`query name ${name} ${value}`] = put([`${name}e`, value]);
  });
  for (const [name, values] of signed.headers) {
    values.forEach((value, at) => {
      const headers = new Map(signed.headers).set(name, values.with(at, flip(value)));
      changed[`header ${name} ${at}`] = { ...signed, headers };
    });
  }
  if (signed.body !== '') changed['body'] = { ...signed, body: flip(signed.body) };
  return changed;
}

/** A token that was added after signing may be anything. */
function isCovered(part: string, { tokenUnsigned }: SuiteCase): boolean {
  return !tokenUnsigned || !part.toLowerCase().includes('x-amz-security-token');
}

describe.skipIf(!SUITE_IS_THERE)(
  'S6: AWS signing suite (../shared/data/sigv4/v4 beside the repository)',
  () => {
    test('is complete', () => {
      expect(cases).toHaveLength(76);
    });

    describe.each(cases.map((suiteCase) => [suiteCase.name, suiteCase.form, suiteCase] as const))(
      '%s, %s form',
      (...[, , suiteCase]) => {
        test('gives the canonical request, the string to sign and the signature', () => {
          const { canonical, text, signature, claimed } = compute(suiteCase, suiteCase.signed);
          expect(canonical).toBe(suiteCase.canonicalRequest);
          expect(text).toBe(suiteCase.stringToSign);
          expect(signature).toBe(suiteCase.signature);
          expect(claimed).toBe(suiteCase.signature);
        });

        test('G13: is refused with any one byte changed', () => {
          const changes = Object.entries(changedByOneByte(suiteCase)).filter(([part]) =>
            isCovered(part, suiteCase),
          );
          expect(changes.length).toBeGreaterThanOrEqual(4);
          for (const [part, request] of changes) {
            expect(() => accept(suiteCase, request), part).toThrow();
          }
        });
      },
    );
  },
);

function accept(suiteCase: SuiteCase, request: SuiteRequest): void {
  const { signature, claimed } = compute(suiteCase, request);
  if (signature !== claimed) throw new Error('refused');
}
