import { describe, expect, it } from 'vitest';
import {
  compareVersions,
  isPrerelease,
  minorOf,
  readInstallerVersion,
} from '../../../../src/control-plane/clusters/installer/installer-version.ts';

describe('readInstallerVersion', () => {
  it('reads all lines', () => {
    const stdout =
      '/opt/my tools/openshift-install 4.20.3\nbuilt from commit 0123456789abcdef0123456789abcdef01234567\n' +
      'release image quay.io/openshift-release-dev/ocp-release@sha256:00aa\nrelease architecture multi\ndefault architecture amd64\n';
    expect(readInstallerVersion(stdout)).toEqual({
      version: '4.20.3',
      releaseImage: 'quay.io/openshift-release-dev/ocp-release@sha256:00aa',
      releaseArchitecture: 'multi',
    });
  });

  it('reads one line, with a v', () => {
    expect(readInstallerVersion('openshift-install v4.21.0-ec.2')).toEqual({
      version: '4.21.0-ec.2',
      releaseImage: undefined,
      releaseArchitecture: undefined,
    });
  });

  it.each(['', 'openshift-install', 'openshift-install unreleased\n'])('refuses %j', (stdout) => {
    expect(() => readInstallerVersion(stdout)).toThrow(
      expect.objectContaining({ code: 'INSTALLER_VERSION_UNREADABLE' }),
    );
  });
});

describe('versions', () => {
  it('are ordered as semantic versions', () => {
    const ordered = [
      'nonsense',
      '4.9.59',
      '4.16.24',
      '4.20.0-0.nightly-2026-01-02-030405',
      '4.20.0-ec.2',
      '4.20.0-ec.10',
      '4.20.0-rc.1',
      '4.20.0-rc.1.x',
      '4.20.0',
      '4.20.3',
      '4.20.10',
      '5.0.0',
    ];
    expect([...ordered].reverse().sort(compareVersions)).toEqual(ordered);
    expect(compareVersions('4.20.3', '4.20.3')).toBe(0);
  });

  it('know their minor line and whether they are released', () => {
    expect(minorOf('4.20.0-rc.1')).toBe('4.20');
    expect(minorOf('latest')).toBeUndefined();
    expect(isPrerelease('4.20.0-rc.1')).toBe(true);
    expect(isPrerelease('4.20.0')).toBe(false);
  });
});
