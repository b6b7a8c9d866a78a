import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { build } from 'esbuild';
import { parse } from 'yaml';

/**
 * What every command and every run of the stand-in installer loads, as few files as can be.
 * All other dependencies stay packages, loaded where they are needed.
 */
const BUNDLED = ['@oclif/core', '@smithy/signature-v4', 'get-east-asian-width', 'yaml', 'zod'];

/** oclif asks for it where sources run unbuilt; ours never do, and it would be half of the package. */
const NEVER_LOADED = ['typescript'];

/**
 * Bundles every program of the package, one entry a command, so that a command loads only what it needs, and converts openapi.yaml.
 * To be called in the repository's root.
 * @param plugins esbuild plugins, for a build that is not the product
 * @returns esbuild's metafile: what went into which file
 */
export async function bundle(outdir, plugins = []) {
  const { version, dependencies } = JSON.parse(readFileSync('package.json', 'utf8'));
  const packages = Object.keys(dependencies).filter((name) => !BUNDLED.includes(name));
  const { metafile } = await build({
    entryPoints: {
      ...commandEntries(),
      cli: 'src/cli/main.ts',
      help: 'src/cli/output/help.ts',
      'control-plane': 'src/control-plane/index.ts',
      'package-files': 'src/control-plane/startup/package-files.ts',
      guard: 'src/control-plane/kernel/process/guard.ts',
      'sandbox/openshift-install': 'src/sandbox/openshift-install.ts',
      'sandbox/ccoctl': 'src/sandbox/ccoctl.ts',
      'sandbox/oc': 'src/sandbox/oc.ts',
      'sandbox/cluster-api': 'src/sandbox/cluster-api.ts',
    },
    outdir,
    bundle: true,
    splitting: true,
    chunkNames: 'shared/[hash]',
    format: 'esm',
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
    banner: {
      js: "import { createRequire as ocpctlRequire } from 'node:module';\nconst require = ocpctlRequire(import.meta.url);",
    },
  });
  writeFileSync(join(outdir, 'openapi.json'), JSON.stringify(parse(readFileSync('openapi.yaml', 'utf8'))));
  return metafile;
}

function commandEntries() {
  return Object.fromEntries(
    readdirSync('src/commands', { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
      .map((entry) => join(entry.parentPath, entry.name))
      .map((file) => [relative('src', file).replace(/\.ts$/, ''), file]),
  );
}
