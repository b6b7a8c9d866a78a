import { chmod, copyFile, cp, lchown, mkdir, readdir, realpath, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../../../kernel/clock.ts';
import { ifExists, systemCodeOf } from '../../../kernel/errors.ts';
import { runProgram } from '../../../kernel/process/run-program.ts';
import type { WorkerGuard } from '../../../kernel/process/worker-guard.ts';
import { BuildError } from '../build-error.ts';
import type { BuildPlan, BuildRequest } from '../builder.ts';
import { STATIC_SERVER_FILE, STATIC_SITE_DIRECTORY } from '../plan/plan-static.ts';
import { TOOLS_VENV } from '../plan/python-packages.ts';
import type { BuildFolder } from '../store/build-store.ts';
import { buildEnvironment } from './build-environment.ts';
import type { BuildGroup } from './build-group.ts';
import type { HostTools } from './host-tools.ts';
import { languageTool, preferredProgram, versionWarning } from './language-version.ts';
import { runSteps } from './run-steps.ts';
import { type SealedTree, sealTree } from './seal-tree.ts';

const SYNC_LIMIT_MS = 120_000;

export interface FolderBuildOptions {
  /** `caches` in it has those of each team. */
  readonly directory: string;
  readonly guard: Pick<WorkerGuard, 'spawn'>;
  readonly tools: HostTools;
  /** As which programs run; that of the server when undefined. */
  readonly user: number | undefined;
  readonly variables: Readonly<Record<string, string>>;
  readonly staticServerFile: string;
  readonly group: BuildGroup;
  readonly clock: Clock;
}

interface FolderOutput extends SealedTree {
  /** Of what an instance needs, in the folder. */
  readonly path: string;
}

/** Builds in a folder of its own, in which the output stays. What is left there when it fails is removed by the caller. */
export async function buildInFolder(
  folder: BuildFolder,
  request: BuildRequest,
  options: FolderBuildOptions,
): Promise<FolderOutput> {
  const { plan, team } = request;
  const { directory, guard, tools, user, group, clock } = options;
  const source = join(folder.path, 'source');
  await move(request.directory, source);
  const work = await insideOf(source, plan.rootDirectory);
  const folders = {
    work,
    home: join(folder.path, 'home'),
    temporary: join(folder.path, 'tmp'),
    cache: join(directory, 'caches', team),
  };
  const caches = join(directory, 'caches');
  await mkdir(caches, { recursive: true });
  await chmod(caches, 0o711);
  for (const own of [folders.home, folders.temporary, folders.cache])
    await mkdir(own, { recursive: true, mode: 0o700 });
  await chmod(folder.path, 0o711);
  if (user !== undefined)
    for (const own of [source, folders.home, folders.temporary]) await giveTree(own, user);
  if (user !== undefined) await lchown(folders.cache, user, user);
  const { variables } = options;
  const environment = buildEnvironment({
    folders,
    path: tools.path,
    variables,
    serviceVariables: request.variables,
  });
  await warnOfVersion(request, tools);
  await runSteps({
    ...{ request, work, environment, guard, user, group, clock },
    findProgram: (name) => tools.find(preferredProgram(plan, name)) ?? tools.find(name),
  });
  // What a build leaves running could still write.
  await group.end(clock);
  for (const temporary of [folders.home, folders.temporary, join(work, TOOLS_VENV)])
    await rm(temporary, { recursive: true, force: true });
  // No other user may reach it while its owner changes.
  await chmod(folder.path, 0o700);
  const output = await takeOutput(folder, { source, work }, plan, options.staticServerFile);
  const sealed = await sealTree(
    join(folder.path, output.tree),
    user === undefined ? undefined : 0,
    output.path,
  );
  await forceToDisk(folder.path);
  return { ...sealed, path: output.path };
}

async function warnOfVersion({ plan, onLine }: BuildRequest, tools: HostTools): Promise<void> {
  const name = languageTool(plan);
  if (name === undefined) return;
  const tool = (await tools.tool(preferredProgram(plan, name))) ?? (await tools.tool(name));
  const warning = tool === undefined ? undefined : versionWarning(plan, tool.version);
  if (warning !== undefined) onLine(warning);
}

/** @returns the tree to keep, and in it what an instance needs: all of the source where packages may lie above it */
async function takeOutput(
  folder: BuildFolder,
  { source, work }: { readonly source: string; readonly work: string },
  plan: BuildPlan,
  staticServerFile: string,
): Promise<{ tree: string; path: string }> {
  const isSite = plan.kind === 'static';
  if (plan.outputDirectory === '.' && !isSite)
    return { tree: 'source', path: join('source', plan.rootDirectory) };
  const built = await insideOf(work, plan.outputDirectory);
  const result = join(folder.path, 'result');
  if (isSite) {
    await mkdir(result);
    await rename(built, join(result, STATIC_SITE_DIRECTORY));
    await copyFile(staticServerFile, join(result, STATIC_SERVER_FILE));
  } else await rename(built, result);
  await rm(source, { recursive: true, force: true });
  return { tree: 'result', path: 'result' };
}

/** @throws BuildError failed when it is not a directory in there: a link of the build may lead anywhere */
async function insideOf(folder: string, path: string): Promise<string> {
  const [base, found] = [await realpath(folder), await ifExists(realpath(join(folder, path)))];
  const isInside = found !== undefined && (found === base || found.startsWith(`${base}/`));
  if (isInside && (await stat(found)).isDirectory()) return found;
  throw new BuildError('failed', `there is no directory ${path} after the build`, {
    hint: 'say where the output is, or which part of the source is meant',
  });
}

async function move(from: string, to: string): Promise<void> {
  try {
    await rename(from, to);
  } catch (error) {
    if (systemCodeOf(error) !== 'EXDEV') throw error;
    await cp(from, to, { recursive: true, verbatimSymlinks: true });
    await rm(from, { recursive: true, force: true });
  }
}

async function giveTree(path: string, user: number): Promise<void> {
  await lchown(path, user, user);
  for (const entry of await readdir(path, { withFileTypes: true })) {
    const below = join(path, entry.name);
    if (entry.isDirectory()) await giveTree(below, user);
    else await lchown(below, user, user);
  }
}

/** A release that was made before a power failure must be whole after it. Without `sync` the system decides when it writes. */
async function forceToDisk(path: string): Promise<void> {
  try {
    await runProgram('sync', ['-f', path], { env: { PATH: '/usr/bin:/bin' }, timeoutMs: SYNC_LIMIT_MS });
  } catch (error) {
    if (systemCodeOf(error) !== 'ENOENT') throw error;
  }
}
