import { Box, render, Static, Text } from 'ink';
import { shortDuration } from '../../contract/duration.ts';
import type { ContactNotice } from './contact-lines.ts';
import { durationText } from './duration-text.ts';
import type { ProgressRenderer } from './progress-renderer.ts';
import { activeStep, type FinishedStep, type ProgressState, type Step, tookMs } from './progress-state.ts';

/** What stays on the screen above the part that changes: the title, finished steps and messages. */
export type LiveLine =
  | { readonly key: string; readonly title: string }
  | { readonly key: string; readonly note: string }
  | { readonly key: string; readonly step: FinishedStep };

export interface ProgressViewProps {
  readonly state: ProgressState;
  /** Append-only. */
  readonly lines: readonly LiveLine[];
  readonly startedAt: Date;
  readonly now: Date;
  /** Rows of the terminal. The dynamic part must be smaller, or Ink clears the scrollback. */
  readonly rows: number;
  readonly contact: ContactNotice;
}

/** Title and finished steps, the active step with its milestone and latest log lines, the next steps, and the time so far. */
export function ProgressView({ state, lines, startedAt, now, rows, contact }: ProgressViewProps) {
  const active = activeStep(state);
  const waiting = state.steps.filter((step) => step.state === 'waiting').map((step) => step.id);
  const availableRows = rows - 2;
  const isHeard = contact.kind === 'connected';
  const fixed = 1 + (active ? 1 : 0) + (isHeard ? 0 : 1);
  const showsNext = waiting.length > 0 && availableRows > fixed;
  const showsMilestone = state.milestone !== undefined && availableRows >= fixed + 2;
  const left = availableRows - fixed - (showsNext ? 1 : 0) - (showsMilestone ? 1 : 0);
  const logs = left > 0 ? state.logs.slice(-left) : [];
  if (state.hasEnded)
    return (
      <Box flexDirection="column">
        <FinishedLines lines={lines} />
      </Box>
    );
  const attempt = state.attempt > 1 ? ` · attempt ${state.attempt}` : '';
  return (
    <Box flexDirection="column">
      <FinishedLines lines={lines} />
      {active && <ActiveLine step={active} now={now} usualMs={state.usualMs[active.id]} />}
      {showsMilestone && (
        <Text wrap="truncate-end">
          {'    '}
          {state.milestone?.title}
        </Text>
      )}
      {logs.map((entry) => (
        <Text key={entry.seq} dimColor wrap="truncate-end">
          {'    '}
          {entry.message}
        </Text>
      ))}
      {showsNext && (
        <Text dimColor wrap="truncate-end">
          {'  ○ '}
          {active ? 'next: ' : ''}
          {waiting.join(', ')}
        </Text>
      )}
      {!isHeard && (
        <Text color="yellow" wrap="truncate-end">
          {`  ! ${contact.text}`}
        </Text>
      )}
      <Text dimColor wrap="truncate-end">
        {`  ${shortDuration(Math.max(0, now.getTime() - startedAt.getTime()))} elapsed${attempt}`}
      </Text>
    </Box>
  );
}

function FinishedLines({ lines }: { readonly lines: readonly LiveLine[] }) {
  return <Static items={[...lines]}>{(line) => <FinishedLine key={line.key} line={line} />}</Static>;
}

function FinishedLine({ line }: { readonly line: LiveLine }) {
  if ('title' in line) return <Text bold>{line.title}</Text>;
  if ('note' in line) return <Text>{line.note}</Text>;
  const { step } = line;
  const isFailed = step.state === 'failed';
  const color = isFailed ? 'red' : 'green';
  return (
    <Box flexDirection="column">
      <Text color={color} wrap="truncate-end">
        {`  ${isFailed ? '✗' : '✓'} ${step.id} ${shortDuration(tookMs(step))}`}
      </Text>
      {isFailed && step.reason !== undefined && (
        <Box paddingLeft={4}>
          <Text color={color}>{step.reason}</Text>
        </Box>
      )}
    </Box>
  );
}

function ActiveLine(props: {
  readonly step: Step;
  readonly now: Date;
  readonly usualMs: number | undefined;
}) {
  const { step, now, usualMs } = props;
  const elapsedMs = Math.max(0, now.getTime() - (step.startedAt ?? now).getTime());
  return (
    <Text color="yellow" wrap="truncate-end">
      {`  ● ${step.id} ${durationText(elapsedMs, usualMs)}`}
    </Text>
  );
}

/** Renders on a terminal. Reads no keys, so that Ctrl-C stays a signal. */
export function createLiveRenderer(
  stream: NodeJS.WriteStream,
  first: ProgressState,
  startedAt: Date,
): ProgressRenderer {
  let now = startedAt;
  let state = first;
  let contact: ContactNotice = { kind: 'connected', text: '' };
  const lines: LiveLine[] = [{ key: 'title', title: first.title }];
  let shown = 0;
  const frame = () => <ProgressView {...{ state, lines, startedAt, now, contact }} rows={stream.rows} />;
  // Ink calls its output stream `stdout`; here it is stderr, because stdout is for the result.
  const ink = render(frame(), { stdout: stream, stderr: stream, exitOnCtrlC: false, patchConsole: true });
  const draw = (next: ProgressState) => {
    state = next;
    lines.push(...state.finished.slice(shown).map((step) => ({ key: step.key, step })));
    shown = state.finished.length;
    ink.rerender(frame());
  };
  return {
    tickMs: 1000,
    event(_event, _before, after) {
      draw(after);
    },
    tick(time, current, notice) {
      now = time;
      contact = notice;
      draw(current);
    },
    note(text) {
      lines.push({ key: `note ${lines.length}`, note: text });
      draw(state);
    },
    async close(last) {
      contact = { kind: 'connected', text: '' };
      draw(last);
      // React commits with setImmediate; without this the last frame is lost.
      await new Promise((resolve) => setImmediate(resolve));
      ink.unmount();
      await ink.waitUntilExit();
    },
  };
}
