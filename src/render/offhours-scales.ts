import type { OffhoursDocument } from '../contract/documents.ts';
import { countText, longTime } from './format.ts';
import type { Block } from './view.ts';

type Scale = OffhoursDocument['scales'][number];

/** The next scale of each cluster of a team: that of now first. */
export function scalesBlock({ scales }: Pick<OffhoursDocument, 'scales'>, now: Date): Block {
  return {
    title: 'Next scale of each cluster',
    fields: scales.map((scale) => [scale.name, scaleText(scale, now)]),
  };
}

/** What is scaled within a minute, in a sentence; undefined if nothing is. */
export function scalesNow({ scales }: Pick<OffhoursDocument, 'scales'>, now: Date): string | undefined {
  const due = scales.filter((scale) => isDue(scale, now));
  if (due.length === 0) return undefined;
  const names = due.map(({ name, from, to }) => `${name} (${from} to ${to} workers)`);
  return `${countText(due.length, 'cluster')} within a minute: ${names.join(', ')}`;
}

function scaleText(scale: Scale, now: Date): string {
  const workers = `${scale.from} to ${scale.to} workers`;
  if (scale.at === null) return `${workers}, when it is READY`;
  return `${workers}, ${isDue(scale, now) ? 'within a minute' : longTime(scale.at, now)}`;
}

/** The clocks of client and server may differ by some seconds. */
function isDue({ at }: Scale, now: Date): boolean {
  return at !== null && Date.parse(at) <= now.getTime() + 30_000;
}
