import { expect, test } from 'vitest';
import {
  parseBytes,
  parseSeconds,
} from '../../../../../src/control-plane/apps/runtime/podman/container-samples.ts';
import { parseContainers } from '../../../../../src/control-plane/apps/runtime/podman/containers.ts';
import { renderContainersConf } from '../../../../../src/control-plane/apps/runtime/podman/containers-conf.ts';

test.each([
  ['196.694093ms', 0.196694093],
  ['1m2.5s', 62.5],
  ['2h0m1s', 7_201],
  ['0s', 0],
])('the duration %s is %d s', (text, seconds) => {
  expect(parseSeconds(text)).toBeCloseTo(seconds, 9);
});

test.each([
  ['15.14MB / 100.7MB', 15_140_000],
  ['1.323kB / 2.082kB', 1_323],
  ['0B / 0B', 0],
])('%s is %d bytes', (text, bytes) => {
  expect(parseBytes(text)).toBe(bytes);
});

const LISTED = {
  Labels: {
    'ocpctl.instance': 'ins_1',
    'ocpctl.env': 'env_1',
    'ocpctl.service': 'svc_1',
    'ocpctl.release': '4',
    'ocpctl.replica': '2',
    'ocpctl.memory': '96',
  },
  State: 'exited',
  Exited: true,
  ExitCode: 137,
  ExitedAt: 1_795_976_446,
  StartedAt: 1_795_976_440,
  Created: 1_795_976_439,
  Pid: 0,
  Ports: null,
};

test.each([
  [137, { code: null, signal: 'SIGKILL' }],
  [143, { code: null, signal: 'SIGTERM' }],
  [3, { code: 3, signal: null }],
  [0, { code: 0, signal: null }],
  [255, { code: 255, signal: null }],
  [-1, { code: null, signal: null }],
])('the exit code %d of podman', (ExitCode, exit) => {
  const [container] = parseContainers(JSON.stringify([{ ...LISTED, ExitCode }]));
  expect(container?.instance).toMatchObject({ id: 'ins_1', release: 4, replica: 2, exit });
});

test('a container that was never started has the time of its creation, and foreign ones are left out', () => {
  const created = { ...LISTED, State: 'created', Exited: false, ExitCode: 0, StartedAt: -62_135_596_800 };
  const [container, ...others] = parseContainers(JSON.stringify([created, { ...LISTED, Labels: null }]));
  expect(container).toMatchObject({ isUnstarted: true, memoryMb: 96 });
  expect(container?.instance).toMatchObject({ exit: undefined, startedAt: new Date(LISTED.Created * 1_000) });
  expect(others).toEqual([]);
  expect(parseContainers('null')).toEqual([]);
});

test('containers.conf asks for no more than the host allows', () => {
  const facts = { runtime: 'runc', hardLimits: { nofile: 20_000, nproc: 32_768 }, isRoot: true };
  expect(renderContainersConf(facts)).toContain(
    'default_ulimits = ["nofile=20000:20000", "nproc=32768:32768"]',
  );
  expect(renderContainersConf(facts)).toContain('cgroup_manager = "cgroupfs"');
  expect(renderContainersConf({ ...facts, isRoot: false, runtime: undefined })).not.toMatch(
    /runtime =|cgroup_manager/,
  );
});
