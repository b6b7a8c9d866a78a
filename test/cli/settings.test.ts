import { describe, expect, it } from 'vitest';
import { resolveConnection } from '../../src/cli/config/connection.ts';
import { readCliSettings, settingValues } from '../../src/cli/config/settings.ts';
import { peekMachineFormat } from '../../src/cli/output/output-format.ts';

const none = { contexts: {}, settings: {} };

describe('settings', () => {
  it('come from the flag, then the environment, then the file, then the default', () => {
    const file = { ...none, settings: { output: 'wide', timeout: '5s' } };
    const source = (flags: object, env: object) =>
      settingValues(flags, { ...env }, file).map(({ value, source }) => `${value}:${source}`);
    expect(source({ output: 'json' }, { OCPCTL_OUTPUT: 'csv' })[0]).toBe('json:flag');
    expect(source({}, { OCPCTL_OUTPUT: 'csv' }).slice(0, 2)).toEqual(['csv:environment', '5s:file']);
    expect(source({}, {}).slice(0, 3)).toEqual(['wide:file', '5s:file', 'auto:default']);
  });

  it('say where a wrong value came from', () => {
    const read = (env: object, settings: Record<string, string>) => () =>
      readCliSettings(settingValues({}, { ...env }, { ...none, settings }));
    expect(read({ OCPCTL_TIMEOUT: 'x' }, {})).toThrow('OCPCTL_TIMEOUT: invalid duration "x" for timeout');
    expect(read({}, { output: 'xml' })).toThrow('configuration file, setting output: unknown output format');
  });
});

describe('the connection', () => {
  const file = {
    currentContext: 'a',
    contexts: {
      a: { server: 'http://a:1', region: 'r', accessKeyId: 'ka', secretAccessKey: 'sa', sessionToken: 'ta' },
      b: { server: 'http://b:1/', accessKeyId: 'kb', secretAccessKey: 'sb' },
    },
    settings: {},
  };

  it('comes from the context, and what flag or environment name wins', () => {
    expect(resolveConnection({}, {}, file)).toMatchObject({
      server: 'http://a:1',
      auth: { kind: 'keys', region: 'r' },
      contextName: 'a',
    });
    expect(resolveConnection({ context: 'b' }, { OCPCTL_CONTEXT: 'a' }, file)).toMatchObject({
      server: 'http://b:1',
      auth: { kind: 'keys', region: 'local' },
    });
    expect(resolveConnection({}, { OCPCTL_CONTEXT: 'b' }, file).contextName).toBe('b');
    expect(resolveConnection({ server: 'http://c' }, { OCPCTL_SERVER: 'http://d' }, file).server).toBe(
      'http://c',
    );
  });

  it('never mixes the halves of two key pairs', () => {
    const env = { OCPCTL_ACCESS_KEY_ID: 'k', OCPCTL_SECRET_ACCESS_KEY: 's' };
    expect(resolveConnection({}, env, file).auth).toMatchObject({
      kind: 'keys',
      credentials: { accessKeyId: 'k', secretAccessKey: 's' },
    });
    expect(() => resolveConnection({}, { OCPCTL_ACCESS_KEY_ID: 'k' }, file)).toThrow('no credentials');
  });

  it('names the known contexts for an unknown one', () => {
    expect(() => resolveConnection({ context: 'x' }, {}, file)).toThrow(
      expect.objectContaining({ exitCode: 2, hint: 'contexts: a, b' }),
    );
    expect(() => resolveConnection({ context: 'toString' }, {}, file)).toThrow('unknown context "toString"');
  });
});

describe('the format of an error, before anything is parsed', () => {
  it.each([
    [['list'], undefined, false],
    [['list', '--json'], undefined, true],
    [['list', '-o', 'json'], undefined, true],
    [['list', '-ojson'], undefined, true],
    [['list', '-o=yaml'], undefined, true],
    [['list', '--output=value=x'], undefined, true],
    [['list', '--output', 'wide'], 'json', false],
    [['list'], 'json', true],
    [['list', '--', '--json'], undefined, false],
    [['list', '-o', 'xml'], undefined, false],
    [['list', '-o'], undefined, false],
  ])('%j with %s', (argv, fallback, machine) => {
    expect(peekMachineFormat(argv, fallback)).toBe(machine);
  });
});
