import type { JobEvent } from '../contract/documents.ts';
import type { Paint, Style } from './paint.ts';
import { clockTime } from './time-format.ts';
import { printable } from './width.ts';

const LEVEL_STYLES: Readonly<Record<JobEvent['level'], Style | undefined>> = {
  debug: 'dim',
  info: undefined,
  warn: 'yellow',
  error: 'red',
};

/** A job event as one line: `15:04:05Z info  provision  message`. */
export function logLine(event: JobEvent, paint: Paint): string {
  const style = LEVEL_STYLES[event.level];
  const phase = (event.phase ?? '-').padEnd(10);
  const change = event.kind === 'phase' ? event.data['state'] : undefined;
  const message = printable(typeof change === 'string' ? `${event.message} (${change})` : event.message);
  const line = `${clockTime(event.at)} ${event.level.padEnd(5)} ${phase} ${message}`;
  return style === undefined ? line : paint(style, line);
}
