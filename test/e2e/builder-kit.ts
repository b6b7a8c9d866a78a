import { chmodSync, cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { BuildPlan, BuildRequest } from '../../src/control-plane/apps/builder/builder.ts';
import { buildVariablesFrom } from '../../src/control-plane/apps/builder/host/build-environment.ts';
import {
  HostBuilder,
  type HostBuilderOptions,
} from '../../src/control-plane/apps/builder/host/host-builder.ts';
import { WorkerGuard } from '../../src/control-plane/kernel/process/worker-guard.ts';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));
export const SEARCH_PATH = '/usr/local/bin:/usr/bin:/bin';

/** A host builder of the last build in a folder of its own, and requests to it. */
export function openBuilderKit() {
  const folder = mkdtempSync(join(tmpdir(), 'ocpctl-builder-'));
  // Builds run as other users where the tests are root.
  chmodSync(folder, 0o711);
  const guard = new WorkerGuard({ guardPath: join(ROOT, 'dist/guard.js'), leaseMs: 30_000, idleMs: 0 });
  let sources = 0;
  const newSource = () => join(folder, `source-${sources++}`);
  return {
    folder,
    outputs: join(folder, 'builds/outputs'),
    open: (options: Partial<HostBuilderOptions> = {}) =>
      new HostBuilder({
        directory: join(folder, 'builds'),
        guard,
        path: SEARCH_PATH,
        variables: buildVariablesFrom(process.env),
        staticServerFile: join(ROOT, 'dist/static-server.mjs'),
        ...options,
      }),
    /** Private to a build. */
    copySource(from: string): string {
      const directory = newSource();
      cpSync(from, directory, { recursive: true });
      return directory;
    },
    writeSource(files: Readonly<Record<string, string>>): string {
      const directory = newSource();
      mkdirSync(directory);
      for (const [path, text] of Object.entries(files)) {
        mkdirSync(dirname(join(directory, path)), { recursive: true });
        writeFileSync(join(directory, path), text);
      }
      return directory;
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** Runs a script of a shell in the source. */
export function shellPlan(script: string, rest: Partial<BuildPlan> = {}): BuildPlan {
  return {
    kind: 'procfile',
    rootDirectory: '.',
    steps: [{ name: 'build', argv: ['/bin/sh', '-c', script] }],
    start: ['/bin/sh'],
    outputDirectory: '.',
    serviceKind: 'web',
    facts: [],
    ...rest,
  };
}

export function buildRequest(
  rest: Pick<BuildRequest, 'plan' | 'directory'> & Partial<BuildRequest>,
): BuildRequest & { readonly lines: string[] } {
  const lines: string[] = [];
  return {
    inputHash: 'input',
    serviceId: 'svc_1',
    team: 'team-a',
    variables: {},
    timeoutMs: 240_000,
    signal: new AbortController().signal,
    onLine: (line) => void lines.push(line),
    lines,
    ...rest,
  };
}
