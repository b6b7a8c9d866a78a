import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  containsIp,
  ipNetwork,
  isAligned,
  networksOverlap,
  parseIp,
  parseNetwork,
} from '../../../../src/control-plane/kernel/ip-network.ts';

describe('addresses', () => {
  test.each([
    ['0.0.0.0', 0n],
    ['10.0.0.1', 0x0a000001n],
    ['255.255.255.255', 0xffffffffn],
    ['::', 0n],
    ['::1', 1n],
    ['fd00::', 0xfd00n << 112n],
    ['1:2:3:4:5:6:7:8', 0x00010002000300040005000600070008n],
    ['::ffff:10.0.0.1', 0xffff0a000001n],
  ])('%s', (text, value) => expect(parseIp(text)?.value).toBe(value));

  test.each(['', '10.0.0', '010.0.0.1', '10.0.0.256', 'fe80::1%eth0', ':::', 'example.com'])(
    '%j is none',
    (text) => {
      expect(parseIp(text)).toBeUndefined();
    },
  );

  test.each(['10.0.0.0', '10.0.0.0/', '10.0.0.0/33', '10.0.0.0/-1', '/8', 'fd00::/129', 'x/8'])(
    '%j is not a network',
    (text) => {
      expect(parseNetwork(text)).toBeUndefined();
    },
  );
});

const networks = fc
  .tuple(fc.ipV4(), fc.integer({ min: 0, max: 32 }))
  .map(([address, prefix]) => ipNetwork(`${address}/${prefix}`));

describe('networks', () => {
  test('overlap is symmetric, and holds exactly when the shorter prefix contains the other address', () => {
    fc.assert(
      fc.property(networks, networks, (a, b) => {
        expect(networksOverlap(a, b)).toBe(networksOverlap(b, a));
        const [outer, inner] = a.prefix <= b.prefix ? [a, b] : [b, a];
        expect(networksOverlap(a, b)).toBe(containsIp(outer, inner.address));
      }),
    );
  });

  test('families never meet', () =>
    expect(networksOverlap(ipNetwork('0.0.0.0/0'), ipNetwork('::/0'))).toBe(false));

  test('aligned means no bits behind the prefix', () => {
    expect(isAligned(ipNetwork('10.128.0.0/14'))).toBe(true);
    expect(isAligned(ipNetwork('10.128.0.1/14'))).toBe(false);
    expect(isAligned(ipNetwork('10.0.0.1/32'))).toBe(true);
    expect(isAligned(ipNetwork('fd00:0:1::/32'))).toBe(false);
  });
});
