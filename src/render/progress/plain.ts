import type { JobEvent } from '../../contract/documents.ts';
import { shortDuration } from '../../contract/duration.ts';
import { printable } from '../../contract/escape.ts';
import { clockTime } from '../format.ts';
import { ContactLines, REMINDER_MS } from './contact-lines.ts';
import { durationText, usualText } from './duration-text.ts';
import type { ProgressRenderer } from './progress-renderer.ts';
import { activeStep, type ProgressState, type Step, tookMs } from './progress-state.ts';

/** One line per change, and one per minute without changes, so that CI systems do not assume a hang. */
export function createPlainRenderer(
  write: (line: string) => void,
  startedAt: Date,
  title: string,
): ProgressRenderer {
  let lastLineAt = startedAt;
  // The server's clock may differ, so the time without changes is measured with the local one.
  let lastTickAt = startedAt;
  const contactLines = new ContactLines();
  write(`${clockTime(startedAt)} ${title}`);
  return {
    tickMs: 1000,
    event(event, before, after) {
      for (const line of changeLines(event, before, after)) write(line);
      lastLineAt = lastTickAt;
    },
    tick(now, state, contact) {
      lastTickAt = now;
      const line = contactLines.next(contact, now);
      if (line !== undefined) {
        write(line);
        lastLineAt = now;
      }
      if (contact.kind !== 'connected') return;
      if (now.getTime() - lastLineAt.getTime() < REMINDER_MS) return;
      lastLineAt = now;
      write(heartbeatLine(now, state, startedAt));
    },
    note: (text) => write(text),
    close: async () => {},
  };
}

/** @returns the lines for an event; none for an event without changes, and for an ordinary log line only the output of a build. */
function changeLines(event: JobEvent, before: ProgressState, after: ProgressState): string[] {
  if (before === after) return [];
  const time = clockTime(event.at);
  const lines: string[] = [];
  if (after.attempt > before.attempt) lines.push(`${time} attempt ${after.attempt}: starting over`);
  const milestone = after.milestone?.title;
  if (milestone !== undefined && milestone !== before.milestone?.title) lines.push(`${time}   ${milestone}`);
  if (event.kind === 'state') lines.push(`${time} ${printable(event.message)}`);
  if (event.kind === 'log') {
    if (event.level === 'warn' || event.level === 'error')
      lines.push(`${time}   ${event.level}: ${printable(event.message)}`);
    else if (after.showsOutput) lines.push(`${time}   ${printable(event.message)}`);
  }
  const cleaned =
    before.cleanUp !== undefined && after.cleanUp === undefined ? after.finished.at(-1) : undefined;
  if (cleaned?.state === 'done')
    lines.push(`${time} ${cleaned.id} done in ${shortDuration(tookMs(cleaned))}`);
  for (const step of after.steps) {
    const earlier =
      before.attempt === after.attempt ? before.steps.find(({ id }) => id === step.id) : undefined;
    if (step.state !== (earlier?.state ?? 'waiting')) lines.push(`${time} ${stepLine(step, after)}`);
  }
  return lines;
}

function stepLine(step: Step, state: ProgressState): string {
  const ordinal = `[${state.steps.indexOf(step) + 1}/${state.steps.length}]`;
  const took = tookMs(step);
  const usualMs = state.usualMs[step.id] ?? 0;
  switch (step.state) {
    case 'done':
      return `${ordinal} ${step.id} done in ${shortDuration(took)}`;
    case 'failed':
      return `${ordinal} ${step.id} failed after ${shortDuration(took)}`;
    case 'active':
    case 'waiting':
      return `${ordinal} ${step.id}${usualMs < 1_000 ? '' : ` (usually ${usualText(usualMs)})`}`;
  }
}

function heartbeatLine(now: Date, state: ProgressState, startedAt: Date): string {
  const step = activeStep(state);
  const since = step?.startedAt ?? startedAt;
  const what = step === undefined ? 'waiting' : `${step.id} still running`;
  const elapsedMs = Math.max(0, now.getTime() - since.getTime());
  return `${clockTime(now)} ${what} (${durationText(elapsedMs, step && state.usualMs[step.id])})`;
}
