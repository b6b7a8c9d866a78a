import { createHash, randomBytes } from 'node:crypto';
import { copyFile, mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Clock, systemClock } from '../../../kernel/clock.ts';
import { ifExists, messageOf, systemCodeOf } from '../../../kernel/errors.ts';
import { findCgroupHierarchy } from '../../../kernel/process/instance/cgroup-hierarchy.ts';
import type { WorkerGuard } from '../../../kernel/process/worker-guard.ts';
import type { PodmanStorage } from '../../runtime/podman/podman-storage.ts';
import { BuildError } from '../build-error.ts';
import type { Builder, BuilderStatus, BuildOutput, BuildPlan, BuildRequest } from '../builder.ts';
import { BuildGroup } from '../host/build-group.ts';
import { HostTools } from '../host/host-tools.ts';
import { runSteps } from '../host/run-steps.ts';
import { type BuildSecrets, writeBuildSecrets } from './build-secrets.ts';
import { BUILDAH_HINT, Buildah } from './buildah.ts';
import type { ListedImage } from './image-list.ts';
import {
  type BaseImages,
  baseFor,
  renderContainerfile,
  STATIC_SERVER_IN_CONTEXT,
} from './render-containerfile.ts';

/** Changes when the same plan gives another image. */
const BUILDER_VERSION = 'buildah/1';
const MEMORY_MB = 2048;

export interface BuildahBuilderOptions {
  /** Of work in progress; only the server enters it. */
  readonly directory: string;
  /** Shared with the runtime podman. */
  readonly storage: PodmanStorage;
  readonly guard: Pick<WorkerGuard, 'spawn'>;
  /** Folders of programs, separated by colons. */
  readonly path: string;
  /** For all builds, as `buildVariablesFrom` takes them from an environment. */
  readonly variables: Readonly<Record<string, string>>;
  readonly baseImages: BaseImages;
  /** `dist/static-server.mjs`. */
  readonly staticServerFile: string;
  /** Of one build. @default 2048 */
  readonly memoryMb?: number;
  readonly clock?: Clock;
}

/** Builds images, from the Containerfile of a source or from a plan. Needs the rights of root. */
export class BuildahBuilder implements Builder {
  readonly name = 'buildah';
  readonly #o: BuildahBuilderOptions;
  readonly #tools: HostTools;
  readonly #buildah: Buildah;
  readonly #clock: Clock;
  readonly #hierarchy = findCgroupHierarchy();

  constructor(options: BuildahBuilderOptions) {
    this.#o = options;
    this.#clock = options.clock ?? systemClock;
    this.#tools = new HostTools(options.path, false);
    this.#buildah = new Buildah(options.storage, this.#tools);
  }

  async version(plan: BuildPlan): Promise<string> {
    const buildah = await this.#tools.tool('buildah');
    const base =
      plan.kind === 'containerfile' ? '' : `; ${JSON.stringify(baseFor(plan.kind, this.#o.baseImages))}`;
    return `${BUILDER_VERSION}; ${buildah?.version ?? 'no buildah'}${base}`;
  }

  async probe(): Promise<BuilderStatus> {
    const { baseImages, memoryMb = MEMORY_MB } = this.#o;
    const missing = ['buildah', 'unshare'].find((name) => this.#tools.find(name) === undefined);
    if (missing !== undefined)
      return { isUsable: false, facts: [`${missing} was not found`], remedy: BUILDAH_HINT };
    if (process.getuid?.() !== 0)
      return { isUsable: false, facts: ['images are built by servers that run as root only'] };
    const buildah = await this.#tools.tool('buildah');
    const bases = Object.entries(baseImages).map(([kind, image]) => `${kind} on ${image}`);
    const facts = [
      buildah?.version ?? 'buildah does not start',
      this.#usesRunc() ? 'steps run in containers of runc' : 'steps run in a chroot: runc was not found',
      `a build has ${memoryMb} MiB of memory`,
      bases.length === 0
        ? 'no base images are set: only Containerfiles are built'
        : `plans are built for ${bases.join(', ')}`,
    ];
    return { isUsable: buildah !== undefined, facts };
  }

  async build(request: BuildRequest): Promise<BuildOutput> {
    request.signal.throwIfAborted();
    const work = join(this.#o.directory, `${request.serviceId}-${randomBytes(9).toString('base64url')}`);
    try {
      const tag = tagOf(request.inputHash);
      const known = (await this.#buildah.outputs()).find(({ names }) =>
        names.includes(this.#buildah.nameOf(tag)),
      );
      if (known !== undefined) return outputOf(known);
      await mkdir(work, { recursive: true, mode: 0o700 });
      return await this.#buildIn(work, tag, request);
    } catch (error) {
      if (request.signal.aborted) throw request.signal.reason;
      if (systemCodeOf(error) === undefined) throw error;
      throw new BuildError('infrastructure', `the build could not use its folder: ${messageOf(error)}`, {
        cause: error,
      });
    } finally {
      await rm(work, { recursive: true, force: true });
    }
  }

  async find(digest: string): Promise<BuildOutput | undefined> {
    const found = (await this.#buildah.outputs()).find((image) => image.digest === digest);
    return found === undefined ? undefined : outputOf(found);
  }

  list(): ReturnType<Builder['list']> {
    return this.#buildah.outputs();
  }

  async remove(digest: string): Promise<void> {
    if ((await this.find(digest)) === undefined) return;
    await this.#buildah.run(['rmi', '--force', digest.replace('sha256:', '')]);
  }

  async removeAbandoned(before: Date): Promise<string[]> {
    const { directory } = this.#o;
    const removed: string[] = [];
    for (const name of (await ifExists(readdir(directory))) ?? []) {
      const found = await ifExists(stat(join(directory, name)));
      if (found === undefined || found.ctime >= before) continue;
      await rm(join(directory, name), { recursive: true, force: true });
      removed.push(name);
    }
    return removed;
  }

  async #buildIn(work: string, tag: string, request: BuildRequest): Promise<BuildOutput> {
    const { guard, variables, memoryMb = MEMORY_MB } = this.#o;
    const group = new BuildGroup(this.#hierarchy, request.serviceId, memoryMb);
    await group.end(this.#clock);
    const secretsFolder = join(work, 'secrets');
    await mkdir(secretsFolder, { mode: 0o700 });
    const secrets = writeBuildSecrets({
      directory: secretsFolder,
      variables,
      serviceVariables: request.variables,
    });
    const { file, context } = await this.#containerfile(work, request, secrets);
    const idFile = join(work, 'id');
    const step = { name: 'build', argv: this.#command({ file, context, idFile, tag, secrets, request }) };
    try {
      await runSteps({
        request: { ...request, plan: { ...request.plan, steps: [step] } },
        ...{
          work,
          environment: this.#buildah.environment,
          guard,
          user: undefined,
          group,
          clock: this.#clock,
        },
        findProgram: (name) => this.#tools.find(name),
        shown: `buildah build --file ${request.plan.containerfile ?? 'Containerfile'}`,
      });
    } finally {
      await group.end(this.#clock);
    }
    const id = (await ifExists(readFile(idFile, 'utf8')))?.trim();
    const built =
      id === undefined ? undefined : await this.find(id.startsWith('sha256:') ? id : `sha256:${id}`);
    if (built === undefined) throw new BuildError('infrastructure', 'buildah ended without an image');
    return built;
  }

  async #containerfile(work: string, { plan, directory }: BuildRequest, { ids }: BuildSecrets) {
    if (plan.kind === 'containerfile') {
      const context = join(directory, plan.rootDirectory);
      return { file: join(context, plan.containerfile ?? 'Containerfile'), context };
    }
    const base = baseFor(plan.kind, this.#o.baseImages);
    if (typeof base === 'string') {
      const hint = 'set it, or add a Containerfile to the source';
      throw new BuildError('unavailable', `no base image for ${base} is set on this server`, { hint });
    }
    const file = join(work, 'Containerfile');
    await writeFile(file, renderContainerfile(plan, base, ids));
    if (plan.kind === 'static')
      await copyFile(this.#o.staticServerFile, join(directory, STATIC_SERVER_IN_CONTEXT));
    return { file, context: directory };
  }

  /** In a namespace of processes of its own: the end of its first one is the end of all, and none outside can be signalled. */
  #command(build: CommandInput): readonly string[] {
    const { memoryMb = MEMORY_MB } = this.#o;
    const isolation = this.#usesRunc()
      ? ['--isolation', 'oci', '--runtime', this.#tools.find('runc') ?? 'runc', '--memory', `${memoryMb}m`]
      : // In a chroot, another one would be the way out of it.
        ['--isolation', 'chroot', '--cap-drop', 'CAP_SYS_CHROOT'];
    const { file, context, idFile, tag, secrets, request } = build;
    // Secrets are not a part of what decides whether a layer is kept.
    const layers = Object.keys(request.variables).length > 0 ? ['--no-cache'] : ['--layers'];
    const ignores = request.plan.kind === 'containerfile' ? [] : ['--ignorefile', '/dev/null'];
    return [
      ...['unshare', '--pid', '--fork', '--kill-child', '--mount-proc'],
      ...this.#buildah.argv([
        'build',
        ...isolation,
        '--network',
        'host',
        ...layers,
        ...ignores,
        ...secrets.args,
      ]),
      ...['--tag', this.#buildah.nameOf(tag), '--iidfile', idFile, '--file', file, context],
    ];
  }

  #usesRunc(): boolean {
    return this.#tools.find('runc') !== undefined;
  }
}

interface CommandInput {
  readonly file: string;
  readonly context: string;
  readonly idFile: string;
  readonly tag: string;
  readonly secrets: BuildSecrets;
  readonly request: BuildRequest;
}

function tagOf(inputHash: string): string {
  return createHash('sha256').update(inputHash).digest('hex').slice(0, 40);
}

function outputOf({ digest, sizeBytes }: ListedImage): BuildOutput {
  return { digest, sizeBytes, artifact: { kind: 'image', reference: digest.replace('sha256:', '') } };
}
