import { execFile, execFileSync, spawnSync } from 'node:child_process';
import {
  appendFileSync,
  copyFileSync,
  createReadStream,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
} from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
const arch = process.arch === 'arm64' ? 'arm64' : 'x64';
const archive = `ocpctl-${version}-linux-${arch}.tar.gz`;
const folder = mkdtempSync(join(tmpdir(), 'ocpctl-release-test-'));
const release = join(folder, 'release');
/** Without the Node.js of this machine. */
const env = { HOME: folder, PATH: '/usr/bin:/bin', TERM: 'dumb' };

const install = (...argv: string[]) =>
  spawnSync('sh', [join(release, 'install.sh'), ...argv], { env, cwd: folder, encoding: 'utf8' });

/** https://nfpm.goreleaser.com; `.ci/run` builds it where there is Go. */
const nfpm = process.env['OCPCTL_NFPM'];

/** @returns the versions of two dependencies of dependencies that have newer ones */
function lockedVersions(root: string): string[] {
  return ['cookie', 'light-my-request'].map(
    (name) => JSON.parse(readFileSync(join(root, 'node_modules', name, 'package.json'), 'utf8')).version,
  );
}

// Hundreds of megabytes are packed and unpacked.
describe.runIf(process.platform === 'linux')('a release', { timeout: 300_000 }, () => {
  beforeAll(() => {
    const script = join(ROOT, 'scripts/release.mjs');
    execFileSync(
      process.execPath,
      [script, '--out', release, '--arch', arch, '--url', 'https://example.com/o/', '--built'],
      {
        stdio: ['ignore', 'ignore', 'inherit'],
      },
    );
  }, 300_000);
  afterAll(() => rmSync(folder, { recursive: true, force: true }), 300_000);

  test('is downloaded and installed with its own Node.js; what its server does not have is named', async () => {
    const server = createServer((request, response) => {
      const file = join(release, request.url ?? '');
      if (existsSync(file)) createReadStream(file).pipe(response);
      else response.writeHead(404).end();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    // Not by spawnSync: this process answers.
    const download = (...argv: string[]) =>
      promisify(execFile)('sh', [join(release, 'install.sh'), ...argv], { env, cwd: folder });
    try {
      const { stdout } = await download('--from', `${url}/`, '--prefix', 'prefix');
      expect(stdout).toContain(`ocpctl ${version} linux-${arch} node-v24.`);
      expect(stdout).toContain(`export PATH="${folder}/prefix/bin:$PATH"`);
      await expect(
        download('--from', url, '--version', '9.9.9', '--prefix', 'missing'),
      ).rejects.toMatchObject({
        code: 1,
        stderr: expect.stringContaining(`cannot download ${url}/ocpctl-9.9.9-linux-${arch}.tar.gz`),
      });
    } finally {
      server.close();
    }
    const program = join(folder, 'prefix/bin/ocpctl');
    const home = join(folder, 'prefix/lib', `ocpctl-${version}-linux-${arch}`);
    expect(readlinkSync(program)).toBe(join(home, 'bin/ocpctl'));
    const doctor = spawnSync(program, ['doctor', '--json'], { env, encoding: 'utf8' });
    expect(doctor.stdout).toContain('v24.');
    // The versions are those that were tested.
    expect(lockedVersions(join(home, 'lib/node_modules/ocpctl'))).toEqual(lockedVersions(ROOT));
  });

  test.skipIf(nfpm === undefined)(
    'is packed for Debian and Red Hat; the program is on the PATH',
    () => {
      const variables = {
        ...{ ARCHIVE: join(folder, 'prefix/lib', `ocpctl-${version}-linux-${arch}`), VERSION: version },
        ARCH: arch === 'x64' ? 'amd64' : 'arm64',
      };
      const pack = (packager: string) =>
        spawnSync(
          nfpm ?? '',
          [
            'package',
            '--config',
            join(ROOT, 'deploy/packages/nfpm.yaml'),
            '--packager',
            packager,
            '--target',
            folder,
          ],
          { env: { ...env, ...variables }, encoding: 'utf8' },
        );
      for (const packager of ['deb', 'rpm']) {
        const { status, stdout, stderr } = pack(packager);
        expect(status, stderr).toBe(0);
        expect(stdout).toMatch(new RegExp(`created package: .*ocpctl.*\\.${packager}`));
      }
      const [deb = ''] = readdirSync(folder).filter((name) => name.endsWith('.deb'));
      const list = spawnSync('dpkg-deb', ['--contents', join(folder, deb)], {
        encoding: 'utf8',
        maxBuffer: 64 * 1024 * 1024,
      });
      if (list.status === 0) {
        expect(list.stdout).toContain('./usr/bin/ocpctl -> /usr/lib/ocpctl/bin/ocpctl');
        expect(list.stdout).toContain('./usr/lib/systemd/system/ocpctl@.service');
      }
    },
    300_000,
  );

  test('an archive that was changed is not installed', () => {
    const changed = mkdtempSync(join(folder, 'changed-'));
    for (const name of ['VERSION', 'SHA256SUMS', archive])
      copyFileSync(join(release, name), join(changed, name));
    appendFileSync(join(changed, archive), 'x');
    const { status, stderr } = install('--from', changed, '--prefix', 'refused');
    expect({ status, stderr }).toEqual({
      status: 1,
      stderr: expect.stringContaining('is not the file of SHA256SUMS; nothing was installed'),
    });
    expect(existsSync(join(folder, 'refused'))).toBe(false);
  });

  test.each([
    [[], '--from is missing'],
    [['--from'], '--from needs a value'],
    [['--form', 'x'], 'unknown argument: --form'],
    [['--from', '/nowhere'], 'cannot read /nowhere/VERSION'],
  ])('install.sh %j says what is wrong', (argv, message) => {
    const { status, stderr } = install(...argv);
    expect({ status, stderr }).toEqual({ status: 1, stderr: expect.stringContaining(message) });
  });

  test('the formula of Homebrew has version, address and digest of the package', () => {
    const formula = readFileSync(join(release, 'ocpctl.rb'), 'utf8');
    const [digest] = readFileSync(join(release, 'SHA256SUMS'), 'utf8').split(' ');
    expect(formula).toContain(`url "https://example.com/o/ocpctl-${version}.tgz"`);
    expect(formula).toContain(`sha256 "${digest}"`);
    expect(formula).not.toContain('@');
  });
});
