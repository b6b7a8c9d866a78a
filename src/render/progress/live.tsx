import { Box, render, Static, Text } from 'ink';
import { shortDuration } from '../../contract/duration.ts';
import type { ProgressRenderer } from './progress-renderer.ts';
import {
  activeStep,
  type FinishedStep,
  type ProgressState,
  type Step,
  TYPICAL_MS,
} from './progress-state.ts';

export interface ProgressViewProps {
  readonly state: ProgressState;
  readonly now: Date;
  /** Rows of the terminal. The dynamic part must be smaller, or Ink clears the scrollback. */
  readonly rows: number;
}

/** Title, finished steps, the active step with its milestone and latest log lines, and the next steps. */
export function ProgressView({ state, now, rows }: ProgressViewProps) {
  const active = activeStep(state);
  const waiting = state.steps.filter((step) => step.state === 'waiting').map((step) => step.id);
  const availableRows = rows - 2;
  const showsMilestone = state.milestone !== undefined && availableRows >= 4;
  const fixed = 1 + (active ? 1 : 0) + (showsMilestone ? 1 : 0) + (waiting.length > 0 ? 1 : 0);
  const logs = availableRows > fixed ? state.logs.slice(-(availableRows - fixed)) : [];
  return (
    <Box flexDirection="column">
      <Static items={[...state.finished]}>{(step) => <FinishedLine key={step.key} step={step} />}</Static>
      <Text bold wrap="truncate-end">
        {state.title}
        {state.attempt > 1 ? ` (attempt ${state.attempt})` : ''}
      </Text>
      {active && <ActiveLine step={active} now={now} hasExpectations={state.hasExpectations} />}
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
      {waiting.length > 0 && (
        <Text dimColor wrap="truncate-end">
          {'  ○ '}
          {active ? 'next: ' : ''}
          {waiting.join(', ')}
        </Text>
      )}
    </Box>
  );
}

function FinishedLine({ step }: { readonly step: FinishedStep }) {
  const took = step.startedAt && step.endedAt ? step.endedAt.getTime() - step.startedAt.getTime() : 0;
  return (
    <Text color={step.state === 'failed' ? 'red' : 'green'} wrap="truncate-end">
      {`  ${step.state === 'failed' ? '✗' : '✓'} ${step.id} ${shortDuration(took)}`}
    </Text>
  );
}

function ActiveLine(props: { readonly step: Step; readonly now: Date; readonly hasExpectations: boolean }) {
  const { step, now, hasExpectations } = props;
  const elapsed = shortDuration(Math.max(0, now.getTime() - (step.startedAt ?? now).getTime()));
  const typicalMs = hasExpectations ? TYPICAL_MS[step.id] : undefined;
  return (
    <Text color="yellow" wrap="truncate-end">
      {`  ● ${step.id} ${elapsed}${typicalMs === undefined ? '' : ` (usually ${shortDuration(typicalMs)})`}`}
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
  const frame = () => <ProgressView state={state} now={now} rows={stream.rows} />;
  // Ink calls its output stream `stdout`; here it is stderr, because stdout is for the result.
  const ink = render(frame(), { stdout: stream, stderr: stream, exitOnCtrlC: false, patchConsole: true });
  const draw = () => ink.rerender(frame());
  return {
    tickMs: 1000,
    event(_event, _before, after) {
      state = after;
      draw();
    },
    tick(time, current) {
      now = time;
      state = current;
      draw();
    },
    async close() {
      draw();
      // React commits with setImmediate; without this the last frame is lost.
      await new Promise((resolve) => setImmediate(resolve));
      ink.unmount();
      await ink.waitUntilExit();
    },
  };
}
