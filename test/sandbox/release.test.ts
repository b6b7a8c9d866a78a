import { describe, expect, test } from 'vitest';
import { parseInstallConfig } from '../../src/sandbox/assets/parse-install-config.ts';
import { releaseProblems, takeSandboxRelease } from '../../src/sandbox/installer/sandbox-release.ts';
import { awsConfig, openInstallerFixture } from './installer-fixture.ts';

const configOf = (controlPlane: string, compute: string, fips = false) => {
  const config = JSON.parse(awsConfig());
  return parseInstallConfig(
    JSON.stringify({
      ...config,
      fips,
      controlPlane: { ...config.controlPlane, architecture: controlPlane },
      compute: [{ ...config.compute[0], architecture: compute }],
    }),
  );
};
const release = (text: string) => takeSandboxRelease([`--sandbox-release=${text}`, 'version']).release;

describe('the stand-in installer refuses what the release cannot install', () => {
  test.each([
    ['amd64', 'amd64', 'amd64', 0],
    ['amd64', 'arm64', 'arm64', 2],
    ['arm64', 'arm64', 'arm64', 0],
    ['amd64', 'amd64', 'arm64', 1],
    ['multi', 'amd64', 'arm64', 0],
  ])(
    'R9: a release for %s: control plane %s, workers %s',
    (architecture, controlPlane, compute, problems) => {
      expect(releaseProblems(configOf(controlPlane, compute), release(architecture))).toHaveLength(problems);
    },
  );

  test('R11: a cluster in FIPS mode needs the FIPS build', () => {
    const config = configOf('amd64', 'amd64', true);
    expect(releaseProblems(config, release('amd64'))).toEqual([expect.stringContaining('fips: Forbidden')]);
    expect(releaseProblems(config, release('amd64-fips'))).toEqual([]);
  });

  test('R9: the command ends with exit code 3, and nothing is created', async () => {
    const fixture = openInstallerFixture();
    const config = JSON.parse(awsConfig());
    config.controlPlane.architecture = 'arm64';
    const dir = fixture.installDir('one', JSON.stringify(config));
    const { code, stderr } = await fixture.run(dir, 'create manifests');
    expect(code).toBe(3);
    expect(stderr).toContain(
      'cannot create arm64 controlPlane node from a single architecture amd64 release',
    );
    expect(await fixture.resources()).toEqual([]);
  });
});
