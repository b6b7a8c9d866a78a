import type { HelpLook } from './help-layout.ts';
import type { OutputStream } from './io.ts';

export const PROGRESS_CHOICES = ['auto', 'live', 'plain', 'none'] as const;
export type ProgressChoice = (typeof PROGRESS_CHOICES)[number];
export type ProgressMode = Exclude<ProgressChoice, 'auto'>;

export const COLOR_CHOICES = ['auto', 'always', 'never'] as const;
export type ColorChoice = (typeof COLOR_CHOICES)[number];

/** With fewer rows the frame would fill the screen, and Ink would clear the scrollback. */
const MIN_LIVE_ROWS = 6;

/**
 * Selects the progress display for `stream`. The live view needs a terminal with a known width (a pty may report 0
 * columns) and enough rows, without CI and TERM=dumb; otherwise `live` falls back to plain lines.
 */
export function pickMode(choice: ProgressChoice, stream: OutputStream, env: NodeJS.ProcessEnv): ProgressMode {
  if (choice === 'none' || choice === 'plain') return choice;
  const canDraw =
    stream.isTTY === true &&
    (stream.columns ?? 0) > 0 &&
    (stream.rows ?? 0) >= MIN_LIVE_ROWS &&
    env['TERM'] !== 'dumb' &&
    (choice === 'live' || !isCi(env));
  return canDraw ? 'live' : 'plain';
}

/** @returns cells of a line of a terminal; undefined for a pipe, and for a terminal that does not know (a pty may report 0) */
export function lineCells({ isTTY, columns }: OutputStream): number | undefined {
  return isTTY === true && columns !== undefined && columns > 0 ? columns : undefined;
}

/** A page of help fits the terminal, but is never narrower than 40 characters; in a pipe it has 80. */
export function helpLook(stream: OutputStream, env: NodeJS.ProcessEnv): HelpLook {
  return { width: Math.max(40, lineCells(stream) ?? 80), bold: wantsColor('auto', stream, env) };
}

/** @returns whether color codes may be written to `stream` (NO_COLOR, CLICOLOR, CLICOLOR_FORCE, TERM=dumb). */
export function wantsColor(choice: ColorChoice, stream: OutputStream, env: NodeJS.ProcessEnv): boolean {
  if (choice !== 'auto') return choice === 'always';
  if (env['NO_COLOR']) return false;
  if (env['CLICOLOR_FORCE'] && env['CLICOLOR_FORCE'] !== '0') return true;
  if (env['CLICOLOR'] === '0' || env['TERM'] === 'dumb') return false;
  return stream.isTTY === true;
}

/** @returns whether a CI system runs this process, so that no one can answer a prompt. */
export function isCi(env: NodeJS.ProcessEnv): boolean {
  const ci = env['CI'];
  return ci !== undefined && ci !== '' && ci !== '0' && ci !== 'false';
}
