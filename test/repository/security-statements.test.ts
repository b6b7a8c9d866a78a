import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const TESTS = fileURLToPath(new URL('..', import.meta.url));

/** What a security review asks of us, each proven by tests that begin with its number: `S7: …`. */
const STATEMENTS: Record<number, string> = {
  1: 'another team’s ids answer like unknown ones, on every route',
  2: 'lists never hold another team’s rows, whatever the filter, order or cursor',
  3: 'a cursor is refused to anybody but who got it',
  4: 'an idempotency key means nothing to another principal',
  5: 'logs, artifacts, credentials and events obey the same check as what they belong to',
  6: 'all cases of the AWS signing suite verify, and with one byte changed none does',
  7: 'without Authorization every route but the health checks is 401',
  8: 'credentials in the query are 400, also beside a valid header',
  9: 'an unsigned or streaming payload is 401',
  10: 'a body changed after signing is 401 before anything is parsed',
  11: 'an added header that the server would read and no one signed is 401',
  12: 'a date 301 s off is 401, 299 s passes',
  13: 'another region, service, terminator, scope date or host is 401',
  14: 'a repeated header that may occur once is 400',
  15: 'a target with two readings is 400',
  16: 'a query with two readings is 400',
  17: 'the same nonce twice: the second is 401, on two servers as well',
  18: 'an unknown key and a bad signature are not told apart',
  19: 'of 1,000 pairs of a valid and a forged request in parallel no forged one passes',
  20: 'an STS proof moved, repeated or made for someone else is refused',
  21: 'a session ends in time, at its revocation, and with its mapping',
  22: 'gateway headers on any other listener are ignored',
  23: 'unknown properties are 400, and what is not the caller’s cannot be set',
  24: 'what a handler answers beyond the contract never leaves',
  25: 'no answer and no log holds a secret',
  26: 'sizes, depth and encodings beyond the limits are refused',
  27: 'pages are capped, and everything in the contract is bounded',
  28: 'the request and the create over the limit are 429, also in parallel',
  29: 'slow connections are closed while others are served',
  30: 'calls to the cloud end in time, and only a limited number is open at once',
  31: 'every operation declares roles, and nothing overrides the method',
  32: 'an auditor gets 403 on everything that changes something',
  33: 'one key makes one thing, and no number of extensions passes the maximum',
  34: 'reading a secret needs a reason, is limited and leaves its trace first',
  35: 'no field of a request names a host that the server speaks to',
  36: 'errors are problems without insides, and nothing says what we run',
  37: 'TLS 1.2 at least; plain HTTP for others only when the operator insists',
  38: 'key files that others may read stop the start',
  39: 'no other origin is allowed anything',
  40: 'routes are the operations of the contract, both ways',
  41: 'an odd answer of STS is never an identity',
  42: 'what installers and archives say is checked before it is believed',
  43: 'names that YAML reads as something else stay names',
  44: 'a child process gets the allow-list of variables, exactly',
  45: 'the audit log cannot be changed by the application, and a change is found',
};

/** Not proven yet. A number leaves this list with its first test. */
const AWAITED: readonly number[] = [];

const proven = new Map<number, string[]>();
for (const file of readdirSync(TESTS, { recursive: true, encoding: 'utf8' })) {
  if (!/\.test\.tsx?$/.test(file)) continue;
  for (const [, numbers = ''] of readFileSync(join(TESTS, file), 'utf8').matchAll(/['"`]((?:S\d+: )+)/g)) {
    for (const [, number] of numbers.matchAll(/S(\d+)/g)) {
      proven.set(Number(number), [...(proven.get(Number(number)) ?? []), file]);
    }
  }
}

test.each(Object.entries(STATEMENTS).filter(([number]) => !AWAITED.includes(Number(number))))(
  'statement %s has a test: %s',
  (number) => {
    expect(proven.get(Number(number)) ?? [], `no test begins with S${number}:`).not.toEqual([]);
  },
);

test('no test proves a statement that does not exist', () => {
  expect([...proven.keys()].filter((number) => STATEMENTS[number] === undefined)).toEqual([]);
});

test('what is proven is not awaited any more', () => {
  expect(AWAITED.filter((number) => proven.has(number))).toEqual([]);
});
