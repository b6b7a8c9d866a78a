import { accessSync, constants } from 'node:fs';
import { join } from 'node:path';
import { systemCodeOf } from '../../../kernel/errors.ts';
import { type ProgramResult, runProgram } from '../../../kernel/process/run-program.ts';
import { RuntimeError } from '../runtime-error.ts';
import { readHardLimits, writeContainersConf } from './containers-conf.ts';
import { type PodmanStorage, storageArguments } from './podman-storage.ts';

/** A container starts in 0.3 s here, an image of 200 MB is unpacked in 5 s. */
const LIMIT_MS = 300_000;
const MAX_OUTPUT_BYTES = 64 * 1024 * 1024;
/** Copies its stdin into a pipe, because podman opens /dev/stdin by name, and Node gives programs a socket, which has none. */
const PIPED = 'cat | "$@"';

export interface PodmanOptions {
  readonly storage: PodmanStorage;
  /** Of the server: PATH, HOME and XDG_RUNTIME_DIR. */
  readonly environment: Readonly<Record<string, string>>;
}

export interface PodmanInput {
  /** Read as `/dev/stdin`. */
  readonly stdin?: string;
  /** Added to the environment of podman. */
  readonly variables?: Readonly<Record<string, string>>;
  /** Must not be in the message of an error. */
  readonly secrets?: readonly string[];
}

/** The command line of podman, on images and containers of this installation only. */
export class Podman {
  readonly #o: PodmanOptions;
  #configured: Promise<string> | undefined;

  constructor(options: PodmanOptions) {
    this.#o = options;
  }

  /** @returns its output. @throws RuntimeError when it fails */
  async run(args: readonly string[], input: PodmanInput = {}): Promise<string> {
    return (await this.runForResult(args, input)).stdout;
  }

  /** @returns also what it warned of. @throws RuntimeError when it fails */
  async runForResult(args: readonly string[], input: PodmanInput = {}): Promise<ProgramResult> {
    const result = await this.try(args, input);
    if (result.code !== 0) throw podmanError(args, result.code, result.stderr, input.secrets ?? []);
    return result;
  }

  /** @returns how it ended. @throws RuntimeError when podman is not installed */
  async try(args: readonly string[], { stdin, variables = {} }: PodmanInput = {}): Promise<ProgramResult> {
    const { storage, environment } = this.#o;
    const shared = storageArguments(storage);
    this.#configured ??= writeContainersConf(storage.directory, {
      runtime: this.findTool('runc') === undefined ? undefined : 'runc',
      hardLimits: readHardLimits(),
      isRoot: process.getuid?.() === 0,
    });
    const own = [
      '--tmpdir',
      join(storage.runDirectory, 'libpod'),
      '--network-config-dir',
      join(storage.directory, 'networks'),
    ];
    const conf = await this.#configured.catch((error: unknown) => {
      this.#configured = undefined;
      throw error;
    });
    const command = ['podman', ...shared, ...own, ...args];
    const env = { ...environment, ...variables, CONTAINERS_CONF: conf };
    // When a container runs out of memory, conmon makes a file `oom` in the directory that podman was started in.
    const limits = { env, timeoutMs: LIMIT_MS, maxOutputBytes: MAX_OUTPUT_BYTES, cwd: storage.directory };
    try {
      if (stdin === undefined) return await runProgram('podman', command.slice(1), limits);
      return await runProgram('/bin/sh', ['-c', PIPED, 'sh', ...command], { ...limits, input: stdin });
    } catch (error) {
      if (systemCodeOf(error) !== 'ENOENT') throw error;
      throw new RuntimeError('unavailable', 'podman is not installed');
    }
  }

  findTool(name: string): string | undefined {
    const folders = [
      ...(this.#o.environment['PATH'] ?? '').split(':'),
      '/usr/libexec/podman',
      '/usr/lib/podman',
      '/usr/sbin',
    ];
    return folders.map((folder) => join(folder, name)).find(isExecutable);
  }
}

/** The last line that podman says, unless a variable is quoted in it. */
function podmanError(
  args: readonly string[],
  code: number | null,
  stderr: string,
  secrets: readonly string[],
): RuntimeError {
  const what = `podman ${args.find((arg) => !arg.startsWith('-'))}`;
  if (code === null) return new RuntimeError('infrastructure', `${what} did not end in time`);
  const reason =
    stderr
      .trim()
      .split('\n')
      .findLast((line) => /^Error/.test(line)) ?? '';
  const isSecret = secrets.some((secret) => secret.length > 3 && reason.includes(secret));
  const kind = code === 126 || code === 127 ? 'invalid' : 'infrastructure';
  return new RuntimeError(
    kind,
    `${what} failed with code ${code}${isSecret ? '' : `: ${reason.slice(0, 500)}`}`,
  );
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
