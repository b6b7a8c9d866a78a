import { describe, expect, test } from 'vitest';
import { runArguments } from '../../../../../src/control-plane/apps/runtime/podman/run-arguments.ts';
import type { InstanceSpec } from '../../../../../src/control-plane/apps/runtime/runtime.ts';

const SPEC: InstanceSpec = {
  id: 'ins_1',
  environmentId: 'env_1',
  ownerId: 'svc_1',
  release: 3,
  replica: 0,
  artifact: { kind: 'image', reference: 'localhost/app@sha256:00' },
  command: ['node', 'server.js'],
  variables: {},
  listens: true,
  limits: { memoryMb: 128, cpus: 0.5, pids: 100 },
  mounts: [],
  aliases: [],
};
const OPTIONS = {
  logPath: '/log',
  conmonPidFile: '/pid',
  logBytes: 1_000,
  hasInit: true,
  cgroupParent: undefined,
};

describe('arguments of a container', () => {
  test('P10: no value of a variable is among them', () => {
    const variables = { TOKEN: 'canary-one', KEY: 'canary\ntwo', LONG: `canary${'x'.repeat(70_000)}` };
    const { args, input } = runArguments({ ...SPEC, variables }, OPTIONS);
    expect(args.join(' ')).not.toContain('canary');
    expect(input.stdin).toBe('TOKEN=canary-one\nPORT=8080\n');
    expect(input.variables).toEqual({ KEY: variables.KEY, LONG: variables.LONG });
    expect(args.join(' ')).toContain('--env KEY --env LONG');
  });

  test('a variable that podman itself would obey must be one line', () => {
    const run = (variables: Record<string, string>) => runArguments({ ...SPEC, variables }, OPTIONS);
    expect(run({ LD_PRELOAD: '/lib/x.so', PATH: '/bin' }).input.variables).toEqual({});
    for (const name of ['PATH', 'LD_PRELOAD', 'CONTAINERS_CONF', 'XDG_RUNTIME_DIR', 'GODEBUG', 'ENV'])
      expect(() => run({ [name]: 'a\nb' }), name).toThrow(`the variable ${name} must be one line`);
  });

  test('names that a file of variables cannot hold are refused', () => {
    for (const name of ['', '#A', 'A=B', 'A B', 'A*', 'A\nB'])
      expect(() => runArguments({ ...SPEC, variables: { [name]: '' } }, OPTIONS), name).toThrow(
        'invalid name',
      );
  });

  test('a directory is for the other runtime', () => {
    const artifact = { kind: 'directory', path: '/x' } as const;
    expect(() => runArguments({ ...SPEC, artifact }, OPTIONS)).toThrow('needs the runtime process');
  });
});
