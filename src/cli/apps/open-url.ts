import { spawn } from 'node:child_process';
import type { Io } from '../output/io.ts';
import { isCi } from '../output/terminal.ts';

const OPENERS: Readonly<Partial<Record<NodeJS.Platform, readonly [string, ...string[]]>>> = {
  darwin: ['open'],
  linux: ['xdg-open'],
  win32: ['explorer'],
};

/** @returns whether there is a person at a terminal with a screen */
export function canOpenBrowser({ stdout, env }: Pick<Io, 'stdout' | 'env'>): boolean {
  const hasScreen = process.platform !== 'linux' || Boolean(env['DISPLAY'] || env['WAYLAND_DISPLAY']);
  return stdout.isTTY === true && hasScreen && !isCi(env);
}

/** Opens a URL in the browser of the user. @returns false if this host has no program for that */
export async function openInBrowser(url: string): Promise<boolean> {
  const [program, ...args] = OPENERS[process.platform] ?? [];
  if (program === undefined) return false;
  const child = spawn(program, [...args, url], { stdio: 'ignore', detached: true });
  return new Promise((resolve) => {
    child.on('error', () => resolve(false));
    child.on('spawn', () => {
      child.unref();
      resolve(true);
    });
  });
}
