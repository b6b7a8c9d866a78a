import { chmodSync, existsSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { configDirectory, readContexts, writeContext } from '../../src/cli/config/context-file.ts';
import { temporaryFolder } from '../commands/support/run-cli.ts';

const context = { server: 'http://127.0.0.1:8420', region: 'local', accessKeyId: 'A', secretAccessKey: 's' };

describe('the configuration file', () => {
  it('is where the environment says', () => {
    expect(configDirectory({ OCPCTL_CONFIG_DIR: '/a', XDG_CONFIG_HOME: '/b', HOME: '/c' })).toBe('/a');
    expect(configDirectory({ XDG_CONFIG_HOME: '/b', HOME: '/c' })).toBe('/b/ocpctl');
    expect(configDirectory({ HOME: '/c' })).toBe('/c/.config/ocpctl');
  });

  it('is empty when there is none', async () => {
    expect(await readContexts(join(temporaryFolder(), 'none'))).toEqual({ contexts: {}, settings: {} });
  });

  it('G15: is written 0600 in a folder 0700, with nothing left beside it', async () => {
    const directory = join(temporaryFolder(), 'new');
    await writeContext('local', context, { directory });
    expect(statSync(join(directory, 'config.json')).mode & 0o777).toBe(0o600);
    expect(statSync(directory).mode & 0o777).toBe(0o700);
    expect(readdirSync(directory)).toEqual(['config.json']);
    expect(await readContexts(directory)).toEqual({
      currentContext: 'local',
      contexts: { local: context },
      settings: {},
    });
  });

  it('makes the first context current, others only when asked', async () => {
    const directory = temporaryFolder();
    await writeContext('a', context, { directory });
    await writeContext('b', context, { directory });
    expect((await readContexts(directory)).currentContext).toBe('a');
    await writeContext('c', context, { directory, makeCurrent: true });
    expect((await readContexts(directory)).currentContext).toBe('c');
  });

  it('loses nothing when many write at once', async () => {
    const directory = temporaryFolder();
    const names = Array.from({ length: 20 }, (_, index) => `c${index}`);
    await Promise.all(names.map((name) => writeContext(name, context, { directory })));
    expect(Object.keys((await readContexts(directory)).contexts).sort()).toEqual([...names].sort());
    expect(existsSync(join(directory, 'config.json.lock'))).toBe(false);
  });

  it('G15: is rejected if it contains keys and other users can read it', async () => {
    const directory = temporaryFolder();
    await writeContext('local', context, { directory });
    chmodSync(join(directory, 'config.json'), 0o640);
    await expect(readContexts(directory)).rejects.toMatchObject({
      code: 'CONFIG_UNSAFE',
      hint: `run 'chmod 600 ${join(directory, 'config.json')}'`,
    });
  });

  it.each([
    ['{', 'is not valid JSON'],
    ['[]', 'not a JSON object'],
    ['{"contexts":{"a":{}}}', 'context a is not valid'],
    ['{"settings":{"output":1}}', 'setting output is not a string'],
    ['{"currentContext":1}', 'currentContext is not a string'],
  ])('says what is wrong with %s', async (text, words) => {
    const directory = temporaryFolder();
    writeFileSync(join(directory, 'config.json'), text);
    await expect(readContexts(directory)).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringContaining(words),
    });
  });
});
