// `npm run release -- --out FOLDER [--arch x64,arm64] [--url https://…]`: makes the files of a release.
// `--built` packs dist as it is.
//   ocpctl-VERSION.tgz                 for npm
//   ocpctl-VERSION-linux-ARCH.tar.gz   with its own Node.js; install.sh installs it
//   SHA256SUMS, VERSION, install.sh    what install.sh reads, and itself
//   ocpctl.rb                          for Homebrew, when --url says where the files will be
// Single executables (Node's SEA) are not made: their main file must be CommonJS, and Ink cannot be, because it awaits at its top level.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

/** The packages `node-linux-ARCH` of npm have what nodejs.org publishes. */
const NODE = '24.21.0';
const ARCHITECTURES = ['x64', 'arm64'];

const root = fileURLToPath(new URL('..', import.meta.url));
const { values } = parseArgs({
  options: {
    out: { type: 'string' },
    arch: { type: 'string', default: ARCHITECTURES.join(',') },
    url: { type: 'string' },
    built: { type: 'boolean', default: false },
  },
});
const architectures = values.arch.split(',');
if (values.out === undefined || architectures.some((arch) => !ARCHITECTURES.includes(arch))) {
  process.stderr.write(
    `usage: node scripts/release.mjs --out FOLDER [--arch ${ARCHITECTURES}] [--url URL] [--built]\n`,
  );
  process.exit(2);
}
const out = resolve(values.out);
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const work = mkdtempSync(join(tmpdir(), 'ocpctl-release-'));
const run = (cwd, file, ...args) =>
  execFileSync(file, args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] }).trim();

try {
  mkdirSync(out, { recursive: true });
  const packed = run(
    root,
    'npm',
    'pack',
    '--silent',
    '--pack-destination',
    out,
    ...(values.built ? ['--ignore-scripts'] : []),
  );
  const npmPackage = join(out, packed.split('\n').at(-1));
  const archives = architectures.map((arch) => makeArchive(npmPackage, arch));
  copyFileSync(join(root, 'deploy/packages/install.sh'), join(out, 'install.sh'));
  writeFileSync(join(out, 'VERSION'), `${version}\n`);
  const sums = [npmPackage, ...archives].map((file) => `${sha256(file)}  ${basename(file)}\n`);
  writeFileSync(join(out, 'SHA256SUMS'), sums.join(''));
  if (values.url !== undefined) writeFileSync(join(out, 'ocpctl.rb'), formula(npmPackage, values.url));
} finally {
  rmSync(work, { recursive: true, force: true });
}

/** @returns the archive with the package, its dependencies for this architecture, and Node.js */
function makeArchive(npmPackage, arch) {
  const name = `ocpctl-${version}-linux-${arch}`;
  const stage = join(work, name);
  const program = join(stage, 'lib/node_modules/ocpctl');
  mkdirSync(program, { recursive: true });
  mkdirSync(join(stage, 'bin'));
  run(work, 'tar', '-xzf', npmPackage, '-C', program, '--strip-components=1');
  // The versions of npm-shrinkwrap.json, which npm does not read when it installs a package from a file.
  const target = ['--os=linux', `--cpu=${arch}`, '--libc=glibc'];
  run(program, 'npm', 'ci', '--omit=dev', '--ignore-scripts', '--loglevel=error', ...target);
  const node = run(work, 'npm', 'pack', '--silent', `node-linux-${arch}@${NODE}`);
  mkdirSync(join(stage, 'node'));
  run(
    work,
    'tar',
    '-xzf',
    node,
    '-C',
    join(stage, 'node'),
    '--strip-components=1',
    'package/bin',
    'package/LICENSE',
  );
  copyFileSync(join(root, 'deploy/packages/ocpctl.sh'), join(stage, 'bin/ocpctl'));
  chmodSync(join(stage, 'bin/ocpctl'), 0o755);
  copyFileSync(join(root, 'LICENSE'), join(stage, 'LICENSE'));
  const file = join(out, `${name}.tar.gz`);
  // Owner and order are the same wherever it is made.
  run(work, 'tar', '--sort=name', '--owner=0', '--group=0', '--numeric-owner', '-czf', file, name);
  return file;
}

function sha256(file) {
  return createHash('sha256').update(readFileSync(file)).digest('hex');
}

function formula(npmPackage, url) {
  const values = { VERSION: version, SHA256: sha256(npmPackage), URL: url.replace(/\/$/, '') };
  const text = readFileSync(join(root, 'deploy/packages/ocpctl.rb'), 'utf8');
  const [, ...lines] = text.split('\n');
  return lines.join('\n').replaceAll(/@([A-Z0-9]+)@/g, (_, name) => values[name]);
}
