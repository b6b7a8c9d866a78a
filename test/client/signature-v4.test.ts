import { SignatureV4 } from '@smithy/signature-v4';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { signV4 } from '../../src/client/signature-v4.ts';
import { Sha256 } from '../control-plane/kernel/access/sigv4/signed-request.ts';

const text = fc.string({ unit: 'grapheme', maxLength: 12 });
/** The library loses a parameter of this name. */
const parameterName = text.filter((name) => name !== '__proto__');
const segment = fc.oneof(text.map(encodeURIComponent), fc.constantFrom('', '.', '..', 'v1', "a!'()*"));
const headerName = fc.constantFrom(
  'host',
  'content-type',
  'user-agent',
  'x-ocpctl-nonce',
  'expect',
  'sec-fetch-mode',
  'accept',
);
const request = fc.record({
  method: fc.constantFrom('GET', 'POST', 'DELETE'),
  path: fc.array(segment, { maxLength: 5 }).map((parts) => `/${parts.join('/')}`),
  query: fc.dictionary(parameterName, text, { maxKeys: 4 }),
  headers: fc.dictionary(headerName, fc.stringMatching(/^[ -~\t]{0,20}$/)),
  body: fc.option(fc.oneof(text, fc.uint8Array()), { nil: undefined }),
});
const secrets = fc.record({
  accessKeyId: fc.constant('AKID'),
  secretAccessKey: fc.stringMatching(/^[a-zA-Z0-9/+]{40}$/),
  token: fc.option(fc.constant('token'), { nil: undefined }),
});

test('signs each request as the library of AWS does', async () => {
  await fc.assert(
    fc.asyncProperty(
      request,
      secrets,
      fc.boolean(),
      async ({ body, ...rest }, { token, ...keys }, hasChecksum) => {
        const unsigned = { ...rest, ...(body === undefined ? {} : { body }) };
        const credentials = { ...keys, ...(token === undefined ? {} : { sessionToken: token }) };
        const at = new Date('2026-11-29T12:34:56.789Z');
        const library = new SignatureV4({
          service: 'ocpctl',
          region: 'local',
          credentials,
          sha256: Sha256,
          applyChecksum: hasChecksum,
        });
        const expected = await library.sign(
          { ...unsigned, query: { ...rest.query }, protocol: 'https:', hostname: 'x' },
          { signingDate: at },
        );
        const scope = { service: 'ocpctl', region: 'local', credentials, at, hasChecksum };
        expect(signV4(unsigned, scope)).toEqual(expected.headers);
      },
    ),
    { numRuns: 500 },
  );
});
