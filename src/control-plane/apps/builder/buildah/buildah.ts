import { systemCodeOf } from '../../../kernel/errors.ts';
import { type ProgramResult, runProgram } from '../../../kernel/process/run-program.ts';
import { type PodmanStorage, storageArguments } from '../../runtime/podman/podman-storage.ts';
import { BuildError } from '../build-error.ts';
import type { HostTools } from '../host/host-tools.ts';
import { type ListedImage, parseImages } from './image-list.ts';

const LIMIT_MS = 120_000;
const MAX_OUTPUT_BYTES = 64 * 1024 * 1024;
/** Outputs of builds have a name in here; layers that are kept for the next build have none. */
const REPOSITORY = 'localhost/ocpctl/build';
export const BUILDAH_HINT = 'apt-get install buildah runc';

/** The command line of buildah, on the images of this installation only, which podman runs. */
export class Buildah {
  readonly #storage: PodmanStorage;
  readonly #tools: HostTools;

  constructor(storage: PodmanStorage, tools: HostTools) {
    this.#storage = storage;
    this.#tools = tools;
  }

  get environment(): Readonly<Record<string, string>> {
    return { PATH: this.#tools.path, HOME: this.#storage.directory };
  }

  /** A whole command line, for programs that run longer. */
  argv(args: readonly string[]): readonly string[] {
    return ['buildah', ...storageArguments(this.#storage), ...args];
  }

  nameOf(tag: string): string {
    return `${REPOSITORY}:${tag}`;
  }

  async outputs(): Promise<ListedImage[]> {
    const images = parseImages(await this.run(['images', '--json', '--no-trunc']));
    return images.filter(({ names }) => names.some((name) => name.startsWith(`${REPOSITORY}:`)));
  }

  /** @returns its output. @throws BuildError */
  async run(args: readonly string[]): Promise<string> {
    const { code, stdout, stderr } = await this.try(args);
    if (code === 0) return stdout;
    const reason = stderr.trim().split('\n').at(-1) ?? '';
    throw new BuildError('infrastructure', `buildah ${args[0]} failed: ${reason.slice(0, 500)}`);
  }

  /** @throws BuildError unavailable when it is not installed */
  async try(args: readonly string[]): Promise<ProgramResult> {
    const [program = '', ...rest] = this.argv(args);
    const limits = { env: this.environment, timeoutMs: LIMIT_MS, maxOutputBytes: MAX_OUTPUT_BYTES };
    try {
      return await runProgram(program, rest, limits);
    } catch (error) {
      if (systemCodeOf(error) !== 'ENOENT') throw error;
      throw new BuildError('unavailable', 'buildah is not installed on the server', { hint: BUILDAH_HINT });
    }
  }
}
