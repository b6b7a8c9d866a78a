import { once } from 'node:events';
import { createServer } from 'node:net';
import { describe, expect, test } from 'vitest';
import {
  type ReservedPort,
  reservePort,
} from '../../../../../src/control-plane/kernel/process/instance/port-pool.ts';

/** Apart from the range of the product, so that instances of other tests do not take them. */
const FIRST = 19_300;
const none = () => false;

describe('ports of instances', () => {
  test('P8: nothing listens on it yet, and no other one gets it', async () => {
    const range = { first: FIRST, last: FIRST + 9 };
    const all = await Promise.all(Array.from({ length: 12 }, () => reservePort(range, none)));
    const reserved = all.filter((each): each is ReservedPort => each !== undefined);
    expect(new Set(reserved.map(({ port }) => port)).size).toBe(10);
    expect(reserved).toHaveLength(10);
    const [one] = reserved;
    one?.release();
    const again = await reservePort(range, none);
    expect(again?.port).toBe(one?.port);
    for (const each of [...reserved.slice(1), again]) each?.release();
  });

  test('one on which something listens is left out, also when it listens on all addresses', async () => {
    const range = { first: FIRST + 10, last: FIRST + 12 };
    const servers = [createServer(), createServer()];
    servers[0]?.listen(FIRST + 10, '127.0.0.1');
    servers[1]?.listen(FIRST + 11, '0.0.0.0');
    await Promise.all(servers.map((server) => once(server, 'listening')));
    const reserved = await reservePort(range, none, 0);
    expect(reserved?.port).toBe(FIRST + 12);
    expect(await reservePort(range, none)).toBeUndefined();
    reserved?.release();
    for (const server of servers) server.close();
  });

  test('one of a program that has lost its runner is left out', async () => {
    const range = { first: FIRST + 20, last: FIRST + 21 };
    const reserved = await reservePort(range, (port) => port === FIRST + 20, 0);
    expect(reserved?.port).toBe(FIRST + 21);
    reserved?.release();
  });
});
