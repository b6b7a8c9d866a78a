import type { OutputStream } from './io.ts';

export const PROGRESS_CHOICES = ['auto', 'live', 'plain', 'none'] as const;
export type ProgressChoice = (typeof PROGRESS_CHOICES)[number];
export type ProgressMode = Exclude<ProgressChoice, 'auto'>;

export const COLOR_CHOICES = ['auto', 'always', 'never'] as const;
export type ColorChoice = (typeof COLOR_CHOICES)[number];

/** Below this the live frame would be as tall as the screen, and Ink would wipe the user's scrollback. */
const MIN_LIVE_ROWS = 6;

/**
 * Decides how progress is shown on `stream`. Live needs a real terminal: no CI, not TERM=dumb, a known width (a pty may
 * say 0 columns) and room for the frame. Asking for `live` where it cannot work gets plain lines.
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

/** @returns whether colour codes may be written to `stream` (NO_COLOR, CLICOLOR, CLICOLOR_FORCE, TERM=dumb). */
export function wantsColor(choice: ColorChoice, stream: OutputStream, env: NodeJS.ProcessEnv): boolean {
  if (choice !== 'auto') return choice === 'always';
  if (env['NO_COLOR']) return false;
  if (env['CLICOLOR_FORCE'] && env['CLICOLOR_FORCE'] !== '0') return true;
  if (env['CLICOLOR'] === '0' || env['TERM'] === 'dumb') return false;
  return stream.isTTY === true;
}

/** @returns whether an automation system runs us: nobody is there to answer a question. */
export function isCi(env: NodeJS.ProcessEnv): boolean {
  const ci = env['CI'];
  return ci !== undefined && ci !== '' && ci !== '0' && ci !== 'false';
}
