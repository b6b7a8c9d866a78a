import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type Clock, systemClock } from '../../../kernel/clock.ts';
import { messageOf, systemCodeOf } from '../../../kernel/errors.ts';
import { findCgroupHierarchy } from '../../../kernel/process/instance/cgroup-hierarchy.ts';
import type { WorkerGuard } from '../../../kernel/process/worker-guard.ts';
import {
  ENVIRONMENT_USERS,
  EnvironmentUsers,
  type UserRange,
} from '../../runtime/process/environment-users.ts';
import { RuntimeError } from '../../runtime/runtime-error.ts';
import { BuildError } from '../build-error.ts';
import type { Builder, BuilderStatus, BuildOutput, BuildPlan, BuildRequest } from '../builder.ts';
import { BuildStore } from '../store/build-store.ts';
import { BuildGroup } from './build-group.ts';
import { buildInFolder } from './build-in-folder.ts';
import { HostTools, isOpenToOthers, remedyFor, toolsOf } from './host-tools.ts';

/** Changes when the same plan gives another output. */
const BUILDER_VERSION = 'host/1';
/** Above those of environments. */
const BUILD_USERS: UserRange = { first: ENVIRONMENT_USERS.first + ENVIRONMENT_USERS.count, count: 65_536 };
const MEMORY_MB = 2048;
/** What probing shows. */
const SHOWN_TOOLS = ['node', 'npm', 'go', 'python3'];

export interface HostBuilderOptions {
  /** Of outputs and caches. Where the server is root, other users must be able to enter it and its parents. */
  readonly directory: string;
  readonly guard: Pick<WorkerGuard, 'spawn'>;
  /** Whether the builds of each team run as a user of their own. @default when this process has the rights of root */
  readonly hasUsers?: boolean;
  /** Of one build, where cgroups can be written. @default 2048 */
  readonly memoryMb?: number;
  /** Folders of programs, separated by colons. */
  readonly path: string;
  /** For all builds, as `buildVariablesFrom` takes them from an environment. */
  readonly variables: Readonly<Record<string, string>>;
  /** `dist/static-server.mjs`, which becomes a part of each output that is served by it. */
  readonly staticServerFile: string;
  /** A larger output fails. @default 4 GiB */
  readonly maxOutputBytes?: number;
  readonly clock?: Clock;
}

const MOVE_HINT = 'move the data directory to where all users can enter, such as /var/lib/ocpctl';
const MAX_OUTPUT_BYTES = 4 * 1024 ** 3;
/** Where Node.js is that runs the server, and where Go is when it was not installed by the distribution. */
const OTHER_FOLDERS = [dirname(process.execPath), '/usr/local/go/bin'];

/** Builds with the programs of this host, in a folder of the build's own. */
export class HostBuilder implements Builder {
  readonly name = 'host';
  readonly #o: HostBuilderOptions;
  readonly #store: BuildStore;
  readonly #tools: HostTools;
  readonly #users: EnvironmentUsers | undefined;
  readonly #hierarchy = findCgroupHierarchy();
  readonly #clock: Clock;

  constructor(options: HostBuilderOptions) {
    const { directory, path, hasUsers = process.getuid?.() === 0 } = options;
    this.#o = options;
    this.#clock = options.clock ?? systemClock;
    this.#store = new BuildStore(directory);
    this.#users = hasUsers ? new EnvironmentUsers(join(directory, 'users'), BUILD_USERS) : undefined;
    this.#tools = new HostTools([path, ...OTHER_FOLDERS].join(':'), hasUsers);
  }

  async version(plan: BuildPlan): Promise<string> {
    const tools = await Promise.all(toolsOf(plan).map((name) => this.#tools.tool(name)));
    const found = tools.flatMap((tool) => (tool === undefined ? [] : [`${tool.name} ${tool.version}`]));
    return [BUILDER_VERSION, ...found].join('; ');
  }

  async probe(): Promise<BuilderStatus> {
    const { directory, memoryMb = MEMORY_MB } = this.#o;
    const tools = await Promise.all(
      SHOWN_TOOLS.map(async (name) => ({ name, tool: await this.#tools.tool(name) })),
    );
    const facts = [
      ...tools.map(({ name, tool }) =>
        tool === undefined ? `${name} was not found` : `${name} ${numberOf(tool.version)} (${tool.file})`,
      ),
      this.#users === undefined
        ? 'builds run as the user of the server'
        : `the builds of each team run as a user of their own, from ${BUILD_USERS.first}`,
      this.#hierarchy === undefined
        ? 'the memory of builds is not limited: no cgroup can be written'
        : `a build has ${memoryMb} MiB of memory`,
    ];
    if (this.#users !== undefined && !isOpenToOthers(existingPart(directory)))
      return {
        isUsable: false,
        facts: [...facts, `${directory} cannot be entered by these users`],
        remedy: MOVE_HINT,
      };
    const missing = tools.find(({ tool }) => tool === undefined);
    return { isUsable: true, facts, ...(missing === undefined ? {} : { remedy: remedyFor(missing.name) }) };
  }

  async build(request: BuildRequest): Promise<BuildOutput> {
    request.signal.throwIfAborted();
    try {
      return await this.#findOrBuild(request);
    } catch (error) {
      if (request.signal.aborted) throw request.signal.reason;
      if (systemCodeOf(error) === undefined) throw error;
      throw new BuildError('infrastructure', `the build could not use its folder: ${messageOf(error)}`, {
        cause: error,
      });
    }
  }

  find(digest: string): Promise<BuildOutput | undefined> {
    return this.#store.find(digest);
  }

  list(): ReturnType<Builder['list']> {
    return this.#store.list();
  }

  remove(digest: string): Promise<void> {
    return this.#store.remove(digest);
  }

  removeAbandoned(before: Date): Promise<string[]> {
    return this.#store.discardAbandoned(before);
  }

  async #findOrBuild(request: BuildRequest): Promise<BuildOutput> {
    const known = await this.#store.forInput(request.inputHash);
    if (known !== undefined) return known;
    this.#assertTools(request.plan);
    const { inputHash, serviceId, team } = request;
    const { maxOutputBytes = MAX_OUTPUT_BYTES, memoryMb = MEMORY_MB } = this.#o;
    const clock = this.#clock;
    const group = new BuildGroup(this.#hierarchy, serviceId, memoryMb);
    await group.end(clock);
    await this.#store.discardUnrecorded(serviceId);
    const user = this.#userOf(team);
    const folder = await this.#store.newFolder(serviceId);
    try {
      const output = await buildInFolder(folder, request, {
        ...this.#o,
        tools: this.#tools,
        user,
        group,
        clock,
      });
      if (output.sizeBytes > maxOutputBytes) throw tooLarge(output.sizeBytes, maxOutputBytes);
      return await this.#store.add(inputHash, folder, { ...output, builtAt: clock.now() });
    } catch (error) {
      await this.#store.discard(folder);
      throw error;
    } finally {
      await group.end(clock);
    }
  }

  /** @throws BuildError unavailable */
  #userOf(team: string): number | undefined {
    if (this.#users === undefined) return undefined;
    const { directory } = this.#o;
    if (!isOpenToOthers(existingPart(directory)))
      throw new BuildError('unavailable', `${directory} cannot be entered by the users that builds run as`, {
        hint: MOVE_HINT,
      });
    try {
      return this.#users.assign(`team-${team}`);
    } catch (error) {
      if (error instanceof RuntimeError) throw new BuildError('unavailable', error.message, { cause: error });
      throw error;
    }
  }

  /** @throws BuildError unavailable */
  #assertTools(plan: BuildPlan): void {
    if (plan.kind === 'containerfile') {
      const hint = 'apt-get install buildah podman; see ocpctl app doctor';
      throw new BuildError(
        'unavailable',
        `${plan.containerfile ?? 'a Containerfile'} needs a builder of images`,
        { hint },
      );
    }
    const missing = toolsOf(plan).find((name) => this.#tools.find(name) === undefined);
    if (missing === undefined) return;
    throw new BuildError('unavailable', `${missing} is not installed on the server`, {
      hint: remedyFor(missing),
    });
  }
}

function tooLarge(sizeBytes: number, maxBytes: number): BuildError {
  const mib = (bytes: number) => `${Math.ceil(bytes / 1024 / 1024)} MiB`;
  return new BuildError('failed', `the output has ${mib(sizeBytes)}; at most ${mib(maxBytes)} are kept`);
}

/** The nearest folder that is there: what is made in it can be entered. */
function existingPart(path: string): string {
  return existsSync(path) ? path : existingPart(dirname(path));
}

/** `go version go1.26.8 linux/amd64` has its number in the middle. */
function numberOf(version: string): string {
  return /\d+(\.\d+)+/.exec(version)?.[0] ?? version;
}
