import type { FastifyRequest } from 'fastify';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { WarningLimiter } from '../../../src/control-plane/http/warning-limiter.ts';
import { createTestInstallation, type Person, type TestInstallation } from './kit/installation.ts';
import { exchange, expectUnauthenticated, sign } from './kit/requests.ts';

interface Line {
  readonly msg: string;
  readonly reason?: string;
  readonly host?: string;
  readonly suppressed?: number;
}

describe('N17: the log of the server', () => {
  let installation: TestInstallation;
  let ann: Person;

  beforeAll(async () => {
    installation = await createTestInstallation();
    ann = await installation.person('ann');
  });
  afterAll(() => installation.stop());

  const warnings = (): Line[] =>
    installation.logLines.map((line) => JSON.parse(line)).filter(({ level }) => level === 'warn');

  test('N17: names the host that a proxy passes on and this server does not know, and the setting', async () => {
    const server = await installation.server();
    const request = await sign({ url: 'http://ocpctl.example.com' }, ann, { target: '/v1/whoami' });
    expectUnauthenticated(
      await exchange(server, { ...request, headers: { ...request.headers, host: 'ocpctl.example.com' } }),
    );
    expect(warnings().at(-1)).toMatchObject({
      reason: 'HOST_UNKNOWN',
      ip: '127.0.0.1',
      host: 'ocpctl.example.com',
      msg: expect.stringContaining('add it to OCPCTL_PUBLIC_HOSTS'),
    });
    await server.stop();
  });

  test('N17: has one warning a minute for a reason and an address, and the number of the others', async () => {
    const server = await installation.server();
    const before = warnings().length;
    const unsigned = { method: 'GET', target: '/v1/whoami', headers: {} };
    const forged = await sign(server, { ...ann, secretAccessKey: 'guess' }, { target: '/v1/whoami' });
    const requests = [...Array.from({ length: 30 }, () => unsigned), forged, forged];
    await Promise.all(requests.map((request) => exchange(server, request)));
    await server.stop();
    expect(
      warnings()
        .slice(before)
        .map(({ msg, reason, suppressed }) => reason ?? suppressed ?? msg)
        .sort(),
    ).toEqual([30, 'AUTHORIZATION_MISSING', 'SIGNATURE_MISMATCH']);
  });
});

/** A limiter whose minutes end when the test says so. */
function createLimiter() {
  const lines: object[] = [];
  const minutes: (() => void)[] = [];
  const log = { warn: (fields: object, message: string) => void lines.push({ ...fields, message }) };
  const clock = {
    now: () => new Date(0),
    monotonicMs: () => 0,
    sleep: () => new Promise<void>((resolve) => void minutes.push(resolve)),
  };
  const limiter = new WarningLimiter({ clock, stopping: new AbortController().signal, log });
  return {
    lines,
    warn: (ip: string, reason = 'A') =>
      limiter.warn({ ip, log } as unknown as FastifyRequest, reason, {}, 'rejected'),
    endMinute: async () => {
      minutes.pop()?.();
      await new Promise(setImmediate);
    },
  };
}

const warning = (ip: string, reason = 'A') => ({ ip, reason, message: 'rejected' });
const summary = (suppressed: number) => ({ suppressed, message: 'similar warnings suppressed' });

test('N17: another address, another reason and the next minute have a warning of their own', async () => {
  const { warn, lines, endMinute } = createLimiter();
  for (const ip of ['192.0.2.1', '192.0.2.2', '192.0.2.1']) warn(ip);
  warn('192.0.2.1', 'B');
  await endMinute();
  warn('192.0.2.1');
  await endMinute();
  expect(lines).toEqual([
    warning('192.0.2.1'),
    warning('192.0.2.2'),
    warning('192.0.2.1', 'B'),
    summary(1),
    warning('192.0.2.1'),
  ]);
});

test('N17: an attacker with many addresses does not fill the log', async () => {
  const { warn, lines, endMinute } = createLimiter();
  for (let i = 0; i < 1_000; i++) warn(`2001:db8:0:1::${i}`);
  for (let i = 0; i < 1_000; i++) warn(`198.51.${i >> 8}.${i & 255}`);
  await endMinute();
  expect(lines).toHaveLength(51);
  expect(lines.at(-1)).toEqual(summary(1_950));
});
