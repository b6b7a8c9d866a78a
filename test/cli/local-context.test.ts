import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { readContexts, writeContext } from '../../src/cli/config/context-file.ts';
import { updateLocalContext } from '../../src/cli/server/local-context.ts';
import { Session } from '../../src/cli/session.ts';
import { fakeIo } from './support-io.ts';

/** A server with its own keys, as `ocpctl server` starts it. */
function serverWithKeys(url: string, keys: string[] = []) {
  return {
    url,
    caFile: undefined,
    findKey: (ids: readonly string[]) => Promise.resolve(ids.find((id) => keys.includes(id))),
    ensureAdminKey: () => {
      const accessKeyId = `K${url.slice(-2)}${keys.length}`;
      keys.push(accessKeyId);
      return Promise.resolve({ accessKeyId, secretAccessKey: 's' });
    },
  };
}

async function setUp() {
  const directory = mkdtempSync(join(tmpdir(), 'ocpctl-local-context-'));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  const io = fakeIo({ isTTY: false, env: { OCPCTL_CONFIG_DIR: directory } });
  const start = async (server: ReturnType<typeof serverWithKeys>) => {
    const session = new Session(io, {}, await readContexts(directory), '0');
    return updateLocalContext(session, 'local', server);
  };
  return { directory, start };
}

describe('the context of a server on this host', () => {
  it('is local, and current', async () => {
    const { directory, start } = await setUp();
    expect(await start(serverWithKeys('http://127.0.0.1:81'))).toMatchObject({
      name: 'local',
      isCurrent: true,
    });
    expect(await readContexts(directory)).toMatchObject({
      currentContext: 'local',
      contexts: { local: { server: 'http://127.0.0.1:81', accessKeyId: 'K810', secretAccessKey: 's' } },
    });
  });

  it('is one of its own for a second server: the only admin key of the first stays', async () => {
    const { directory, start } = await setUp();
    await start(serverWithKeys('http://127.0.0.1:81'));
    const second = serverWithKeys('http://127.0.0.1:82');
    const placed = await start(second);
    expect(placed).toMatchObject({ name: 'local-82', isCurrent: false });
    expect(placed.text).toContain('local belongs to another server');
    await start(second);
    expect(await readContexts(directory)).toMatchObject({
      currentContext: 'local',
      contexts: {
        local: { server: 'http://127.0.0.1:81', accessKeyId: 'K810' },
        'local-82': { server: 'http://127.0.0.1:82', accessKeyId: 'K820' },
      },
    });
    // The second server on another port keeps its context, whatever the port in the name.
    await start({ ...second, url: 'http://127.0.0.1:83' });
    expect((await readContexts(directory)).contexts).toMatchObject({
      'local-82': { server: 'http://127.0.0.1:83', accessKeyId: 'K820' },
    });
    expect(Object.keys((await readContexts(directory)).contexts)).toEqual(['local', 'local-82']);
  });

  it('takes the first free name when another scheme or host has the same port', async () => {
    const { directory, start } = await setUp();
    await start(serverWithKeys('http://127.0.0.1:81'));
    await start(serverWithKeys('http://127.0.0.1:82'));
    const other = serverWithKeys('https://127.0.0.1:82', ['unused']);
    expect(await start(other)).toMatchObject({ name: 'local-82-2' });
    expect(await start(other)).toMatchObject({ name: 'local-82-2' });
    expect(await start(serverWithKeys('http://[::1]:82', ['unused', 'unused']))).toMatchObject({
      name: 'local-82-3',
    });
    expect((await readContexts(directory)).contexts).toMatchObject({
      'local-82': { server: 'http://127.0.0.1:82', accessKeyId: 'K820' },
      'local-82-2': { server: 'https://127.0.0.1:82', accessKeyId: 'K821' },
      'local-82-3': { server: 'http://[::1]:82', accessKeyId: 'K822' },
    });
  });

  it('two servers that start at the same time have one each', async () => {
    const { directory, start } = await setUp();
    await Promise.all(['81', '82'].map((port) => start(serverWithKeys(`http://127.0.0.1:${port}`))));
    const { contexts } = await readContexts(directory);
    expect(
      Object.values(contexts)
        .map(({ accessKeyId }) => accessKeyId)
        .sort(),
    ).toEqual(['K810', 'K820']);
  });

  it('follows its server to another port, and gets a new key when the server at its URL does not know its own', async () => {
    const { directory, start } = await setUp();
    const server = serverWithKeys('http://127.0.0.1:81');
    await start(server);
    const moved = await start({ ...server, url: 'http://127.0.0.1:82' });
    expect(moved.text).toContain('it was http://127.0.0.1:81');
    await start(serverWithKeys('http://127.0.0.1:82', ['other']));
    expect((await readContexts(directory)).contexts).toEqual({
      local: expect.objectContaining({ server: 'http://127.0.0.1:82', accessKeyId: 'K821' }),
    });
  });

  it('does not become current beside a context of the user', async () => {
    const { directory, start } = await setUp();
    await writeContext('work', { server: 'https://w.example' }, { directory });
    await writeContext('local', { server: 'http://127.0.0.1:80', accessKeyId: 'K' }, { directory });
    expect(await start(serverWithKeys('http://127.0.0.1:81'))).toMatchObject({
      name: 'local-81',
      isCurrent: false,
    });
  });
});
