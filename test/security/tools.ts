import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { cachedInstall } from '../setup/cached-install.ts';

const execute = promisify(execFile);
const INSTALL_TIMEOUT_MS = 400_000;

export interface ToolResult {
  readonly code: number | null;
  readonly output: string;
}

export interface ToolOptions {
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  /** Then it is ended, and its code is null. */
  readonly timeoutMs: number;
  /** Ends it before. */
  readonly signal?: AbortSignal;
}

/** Runs a program to its end; its output on both channels is kept together. */
export async function runTool(
  file: string,
  args: readonly string[],
  options: ToolOptions,
): Promise<ToolResult> {
  const { cwd, env, timeoutMs, signal } = options;
  const child: ChildProcess = spawn(file, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: timeoutMs,
    ...(cwd === undefined ? {} : { cwd }),
    ...(env === undefined ? {} : { env: { PATH: process.env['PATH'], HOME: process.env['HOME'], ...env } }),
  });
  const stop = () => child.kill();
  signal?.addEventListener('abort', stop, { once: true });
  const [, code, ...said] = await Promise.all([
    once(child, 'spawn'),
    once(child, 'close').then(([code]) => code as number | null),
    ...[child.stdout, child.stderr].map((stream) => (stream === null ? '' : text(stream))),
  ]);
  return { code, output: said.join('') };
}

/** One line for each tool: what it tried and what it found. */
export function report(tool: string, tried: string, found: string): void {
  process.stdout.write(`security  ${tool.padEnd(12)}  tried ${tried}; found ${found}\n`);
}

/** As loud as a report: what was not tried is not fine. */
export function reportSkipped(tool: string, reason: string): void {
  process.stdout.write(`security  ${tool.padEnd(12)}  NOT RUN: ${reason}\n`);
}

/** @returns the folder of a Python environment with exactly these packages, made when it is not there yet. */
export async function installPython(requirements: readonly string[]): Promise<string> {
  return cachedInstall(`python-${requirements.join('-')}`, async (home) => {
    await execute('python3', ['-m', 'venv', '--clear', home], { timeout: INSTALL_TIMEOUT_MS });
    const pip = ['install', '--quiet', '--disable-pip-version-check', ...requirements];
    await execute(join(home, 'bin', 'pip'), pip, { timeout: INSTALL_TIMEOUT_MS });
  });
}

/** @returns the folder in whose node_modules these packages are: too many for everybody who only builds ocpctl. */
export async function installPackages(...packages: string[]): Promise<string> {
  return cachedInstall(`npm-${packages.join('-')}`, async (home) => {
    await mkdir(home, { recursive: true });
    const npm = ['install', '--prefix', home, '--ignore-scripts', '--no-audit', '--no-fund', ...packages];
    await execute('npm', npm, { timeout: INSTALL_TIMEOUT_MS });
  });
}
