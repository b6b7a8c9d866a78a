import { stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { type Clock, systemClock } from '../../../kernel/clock.ts';
import { ifExists, messageOf, systemCodeOf } from '../../../kernel/errors.ts';
import { endOrphanedProcesses } from '../../../kernel/process/terminate-tree.ts';
import type { WorkerGuard } from '../../../kernel/process/worker-guard.ts';
import { BuildError } from '../build-error.ts';
import type { Builder, BuilderStatus, BuildOutput, BuildPlan, BuildRequest } from '../builder.ts';
import { BuildStore } from '../store/build-store.ts';
import { buildInFolder } from './build-in-folder.ts';
import { HostTools, isOpenToOthers, remedyFor, toolsOf } from './host-tools.ts';

/** Changes when the same plan gives another output. */
const BUILDER_VERSION = 'host/1';
/** What probing shows. */
const SHOWN_TOOLS = ['node', 'npm', 'go', 'python3'];

export interface HostBuilderOptions {
  /** Of outputs and caches. When builds run as other users, each folder on the way must let them pass. */
  readonly directory: string;
  readonly guard: Pick<WorkerGuard, 'spawn'>;
  /** The user of the system for the builds of a team; needs root. @default undefined: the user of the server */
  readonly userOf?: (team: string) => number;
  /** Folders of programs, separated by colons. */
  readonly path: string;
  /** For all builds: those that `isAllowedBuildVariable` names. */
  readonly variables: Readonly<Record<string, string>>;
  /** `dist/static-server.mjs`, which becomes a part of each output that is served by it. */
  readonly staticServerFile: string;
  /** A larger output fails. @default 4 GiB */
  readonly maxOutputBytes?: number;
  readonly clock?: Clock;
}

const MAX_OUTPUT_BYTES = 4 * 1024 ** 3;
/** Where Node.js is that runs the server, and where Go is when it was not installed by the distribution. */
const OTHER_FOLDERS = [dirname(process.execPath), '/usr/local/go/bin'];

/** Builds with the programs of this host, in a folder of the build's own. */
export class HostBuilder implements Builder {
  readonly name = 'host';
  readonly #o: HostBuilderOptions;
  readonly #store: BuildStore;
  readonly #tools: HostTools;

  constructor(options: HostBuilderOptions) {
    this.#o = options;
    this.#store = new BuildStore(options.directory);
    this.#tools = new HostTools([options.path, ...OTHER_FOLDERS].join(':'), options.userOf !== undefined);
  }

  async version(plan: BuildPlan): Promise<string> {
    const tools = await Promise.all(toolsOf(plan).map((name) => this.#tools.tool(name)));
    const found = tools.flatMap((tool) => (tool === undefined ? [] : [`${tool.name} ${tool.version}`]));
    return [BUILDER_VERSION, ...found].join('; ');
  }

  async probe(): Promise<BuilderStatus> {
    const { directory, userOf } = this.#o;
    const tools = await Promise.all(
      SHOWN_TOOLS.map(async (name) => ({ name, tool: await this.#tools.tool(name) })),
    );
    const missing = tools.filter(({ tool }) => tool === undefined).map(({ name }) => name);
    const user =
      userOf === undefined
        ? 'builds run as the user of the server'
        : 'builds of a team run as a user of their own';
    const facts = [
      ...tools.map(({ name, tool }) =>
        tool === undefined ? `${name} was not found` : `${name} ${tool.version} (${tool.file})`,
      ),
      user,
    ];
    if (userOf !== undefined && !isOpenToOthers(await existingPart(directory))) {
      const remedy = `move the data directory to where other users can enter it, such as /var/lib/ocpctl`;
      return { isUsable: false, facts: [...facts, `${directory} cannot be entered by other users`], remedy };
    }
    const [first] = missing;
    return { isUsable: true, facts, ...(first === undefined ? {} : { remedy: remedyFor(first) }) };
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

  /** Removes what builds left that were killed with their worker. @returns what was removed */
  removeAbandoned(before: Date): Promise<string[]> {
    return this.#store.discardAbandoned(before);
  }

  async #findOrBuild(request: BuildRequest): Promise<BuildOutput> {
    const known = await this.#store.forInput(request.inputHash);
    if (known !== undefined) return known;
    this.#assertTools(request.plan);
    await endOrphanedProcesses(request.serviceId, 0);
    await this.#store.discardUnrecorded(request.serviceId);
    const folder = await this.#store.newFolder(request.serviceId);
    try {
      const { maxOutputBytes = MAX_OUTPUT_BYTES, clock = systemClock } = this.#o;
      const output = await buildInFolder(folder, request, { ...this.#o, tools: this.#tools, clock });
      if (output.sizeBytes > maxOutputBytes) throw tooLarge(output.sizeBytes, maxOutputBytes);
      return await this.#store.add(request.inputHash, folder, { ...output, builtAt: clock.now() });
    } catch (error) {
      await this.#store.discard(folder);
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

async function existingPart(path: string): Promise<string> {
  for (let at = path; ; at = dirname(at))
    if ((await ifExists(stat(at))) !== undefined || at === dirname(at)) return at;
}
