import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { build } from 'esbuild';
import { parse } from 'yaml';

/**
 * What every command and every run of the stand-in installer loads, as few files as can be.
 * All other dependencies stay packages, loaded where they are needed.
 */
const BUNDLED = ['@oclif/core', '@smithy/signature-v4', 'get-east-asian-width', 'yaml', 'zod'];

/** oclif asks for it where sources run unbuilt; ours never do, and it would be half of the package. */
const NEVER_LOADED = ['typescript'];

/** In dist/quick.cjs, of commands that run without oclif. */
const OCLIF_STAND_IN = 'src/quick/oclif-stand-in.ts';

/**
 * Bundles every program of the package, one entry a command, so that a command loads only what it needs, and converts openapi.yaml.
 * To be called in the repository's root.
 * @param plugins esbuild plugins, for a build that is not the product
 * @returns esbuild's metafile: what went into which file
 */
export async function bundle(outdir, plugins = []) {
  const { version, dependencies } = JSON.parse(readFileSync('package.json', 'utf8'));
  const packages = Object.keys(dependencies).filter((name) => !BUNDLED.includes(name));
  const shared = {
    outdir,
    bundle: true,
    platform: 'node',
    target: 'node20',
    sourcemap: 'linked',
    sourcesContent: false,
    metafile: true,
    logLevel: 'warning',
    plugins,
    jsx: 'automatic',
    // ESM builds where packages have them: CommonJS ones keep what they do not use.
    mainFields: ['module', 'main'],
    conditions: ['module'],
    define: { OCPCTL_VERSION: JSON.stringify(version) },
    external: [...packages.flatMap((name) => [name, `${name}/*`]), ...NEVER_LOADED],
  };
  const { metafile } = await build({
    ...shared,
    entryPoints: {
      ...commandEntries(),
      cli: 'src/cli/main.ts',
      help: 'src/cli/output/help.ts',
      'control-plane': 'src/control-plane/index.ts',
      'package-files': 'src/control-plane/startup/package-files.ts',
      guard: 'src/control-plane/kernel/process/guard.ts',
      'instance-runner': 'src/control-plane/kernel/process/instance/instance-runner.ts',
      'sandbox/openshift-install': 'src/sandbox/openshift-install.ts',
      'sandbox/ccoctl': 'src/sandbox/ccoctl.ts',
      'sandbox/oc': 'src/sandbox/oc.ts',
      'sandbox/cluster-api': 'src/sandbox/cluster-api.ts',
    },
    splitting: true,
    chunkNames: 'shared/[hash]',
    format: 'esm',
    banner: {
      js: "import { createRequire as ocpctlRequire } from 'node:module';\nconst require = ocpctlRequire(import.meta.url);",
    },
  });
  const site = await build({
    ...shared,
    // Copied into releases of static files: nothing else of ours is there.
    entryPoints: { 'static-server': 'src/control-plane/apps/builder/static-site/static-server.ts' },
    external: [],
    sourcemap: false,
    format: 'esm',
    outExtension: { '.js': '.mjs' },
  });
  const quick = await bundleQuickCommands(shared);
  writeFileSync(join(outdir, 'help.json'), JSON.stringify(helpTree()));
  writeFileSync(join(outdir, 'openapi.json'), JSON.stringify(parse(readFileSync('openapi.yaml', 'utf8'))));
  return {
    inputs: { ...metafile.inputs, ...site.metafile.inputs, ...quick.inputs },
    outputs: { ...metafile.outputs, ...site.metafile.outputs, ...quick.outputs },
  };
}

/** The start of every run, and the commands that need no oclif: CommonJS, whose compiled code can be kept on Node 20 too. */
async function bundleQuickCommands(shared) {
  const one = (name, source, more) =>
    build({
      ...shared,
      ...more,
      entryPoints: { [name]: source },
      format: 'cjs',
      outExtension: { '.js': '.cjs' },
      // What is shorter is read and compiled sooner. With --debug, which shows stack traces, no command is quick.
      minify: true,
      // In a script of node:vm, import() is experimental. Each Node.js that we support requires ES modules.
      supported: { 'dynamic-import': name !== 'quick' },
    });
  const yaml = await one('yaml', 'yaml');
  const commands = await one('quick', 'src/quick/run-quick.ts', {
    alias: Object.fromEntries(
      ['command', 'flags', 'args', 'errors'].map((name) => [`@oclif/core/${name}`, resolve(OCLIF_STAND_IN)]),
    ),
    plugins: [...shared.plugins, YAML_APART],
    // What code-cache.ts compiles and calls: as a string, half a megabyte is not put together anew in every run.
    banner: { js: '(function (exports, require, module, __filename, __dirname) {' },
    footer: { js: '})' },
  });
  const hash = createHash('sha256')
    .update(readFileSync(join(shared.outdir, 'quick.cjs')))
    .digest('hex');
  const start = await one('start', 'src/quick/start.ts', {
    define: { ...shared.define, BUNDLE_HASH: JSON.stringify(hash.slice(0, 16)) },
  });
  const metafiles = [yaml, commands, start].map(({ metafile }) => metafile);
  return {
    inputs: Object.assign({}, ...metafiles.map(({ inputs }) => inputs)),
    outputs: Object.assign({}, ...metafiles.map(({ outputs }) => outputs)),
  };
}

/** It would be half of quick.cjs, and only `-o yaml` needs it. */
const YAML_APART = {
  name: 'yaml-apart',
  setup: ({ onResolve }) => onResolve({ filter: /^yaml$/ }, () => ({ path: './yaml.cjs', external: true })),
};

/** What pages of help say, a fifth of the manifest: without the flags of all commands, and without what only oclif reads. */
function helpTree() {
  const { commands } = JSON.parse(readFileSync('oclif.manifest.json', 'utf8'));
  const { description, oclif } = JSON.parse(readFileSync('package.json', 'utf8'));
  const fields = [
    'id',
    'summary',
    'description',
    'usage',
    'aliases',
    'hiddenAliases',
    'hidden',
    'strict',
    'examples',
  ];
  return {
    description,
    commands: Object.values(commands).map((command) => ({
      ...Object.fromEntries(fields.map((field) => [field, command[field]])),
      args: command.args,
      flags: Object.fromEntries(
        Object.entries(command.flags).filter(([, { helpGroup }]) => helpGroup !== 'GLOBAL'),
      ),
    })),
    topics: Object.entries(oclif.topics).map(([name, topic]) => ({ name, ...topic })),
  };
}

function commandEntries() {
  return Object.fromEntries(
    readdirSync('src/commands', { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
      .map((entry) => join(entry.parentPath, entry.name))
      .map((file) => [relative('src', file).replace(/\.ts$/, ''), file]),
  );
}
