import type { Job, JobEvent } from '../../contract/documents.ts';
import { printable } from '../../contract/escape.ts';
import {
  type FinishedStep,
  type MilestoneProgress,
  type ProgressState,
  type Step,
  waitingSteps,
} from './progress-state.ts';

const KEPT_LOGS = 3;

/**
 * The state after one more event. Duplicate events and events of earlier attempts change nothing; unknown phases become
 * steps at the end.
 */
export function reduce(state: ProgressState, event: JobEvent): ProgressState {
  if (event.seq <= state.lastSeq || event.attempt < state.attempt) return state;
  const current = event.attempt > state.attempt ? startAttempt(state, event) : state;
  const seen = { ...current, lastSeq: event.seq };
  switch (event.kind) {
    case 'phase':
      return reducePhase(seen, event);
    case 'milestone':
      return { ...addLog(seen, event), milestone: laterMilestone(seen.milestone, event) };
    case 'log':
      return addLog(seen, event);
    case 'state':
      return reduceState(seen, event);
  }
}

/** The state when the job has ended: a failed step has its reason. @param now for a job without a time of its end */
export function reduceEnd(open: ProgressState, { error, endedAt, status }: Job, now: Date): ProgressState {
  const state = { ...open, hasEnded: true };
  if (status === 'SUCCEEDED') return state;
  const at = endedAt === null ? now : new Date(endedAt);
  const reason = status === 'CANCELLED' ? 'cancelled' : error?.message;
  return endAttempt(state, at, reason === undefined ? undefined : printable(reason));
}

function addLog(state: ProgressState, event: JobEvent): ProgressState {
  const entry = { seq: event.seq, level: event.level, message: printable(event.message) };
  return { ...state, logs: [...state.logs, entry].slice(-KEPT_LOGS) };
}

/** A milestone may be repeated or late; progress never goes back. */
function laterMilestone(known: MilestoneProgress | undefined, event: JobEvent): MilestoneProgress {
  const { title, fraction } = event.data;
  const milestone = {
    title: typeof title === 'string' ? printable(title) : printable(event.message),
    fraction: typeof fraction === 'number' ? fraction : (known?.fraction ?? 0),
  };
  return known !== undefined && milestone.fraction < known.fraction ? known : milestone;
}

/** A failed attempt says why; the next one may say that it removes what that left. */
function reduceState(state: ProgressState, event: JobEvent): ProgressState {
  const { status, activity, cause } = event.data;
  const at = new Date(event.at);
  if (activity === 'clean-up') {
    const id = state.attempt > 1 ? `cleaning up attempt ${state.attempt - 1}` : 'cleaning up';
    return { ...state, cleanUp: { id, state: 'active', startedAt: at, endedAt: undefined } };
  }
  if (status !== 'RETRYING' && status !== 'FAILED' && status !== 'CANCELLED') return state;
  const ended = endAttempt(state, at, printable(typeof cause === 'string' ? cause : event.message));
  return status === 'RETRYING' ? { ...ended, steps: allWaiting(ended), milestone: undefined } : ended;
}

/** A new attempt starts with the first step. One that did not say how it ended has lost its worker. */
function startAttempt(state: ProgressState, event: JobEvent): ProgressState {
  const ended = endAttempt(state, new Date(event.at), 'its worker was lost');
  return { ...ended, attempt: event.attempt, steps: allWaiting(state), milestone: undefined, logs: [] };
}

/** What is still open counts as failed. */
function endAttempt(state: ProgressState, at: Date, reason: string | undefined): ProgressState {
  const active = state.cleanUp ?? state.steps.find((step) => step.state === 'active');
  const open = state.failing ?? (active && finishedStep(end(active, 'failed', at), state));
  if (open === undefined) return state;
  return {
    ...state,
    steps: state.steps.map((step) => (step.id === active?.id ? end(step, 'failed', at) : step)),
    finished: [...state.finished, { ...open, reason }],
    failing: undefined,
    cleanUp: undefined,
  };
}

function reducePhase(state: ProgressState, event: JobEvent): ProgressState {
  const id = event.phase === null ? null : printable(event.phase);
  const change = event.data['state'];
  if (id === null || (change !== 'started' && change !== 'done' && change !== 'failed')) return state;
  const cleaned = change === 'started' ? endCleanUp(state, event) : state;
  const known = inOrder(
    cleaned.steps.some((step) => step.id === id) ? cleaned.steps : [...cleaned.steps, ...waitingSteps([id])],
    id,
    event.data['ordinal'],
  );
  const closed: Step[] = [];
  const steps = known.map((step) => {
    if (step.id !== id) {
      // Steps are sequential: a step that starts ends the previous one, if that event was missed.
      const next =
        change === 'started' && step.state === 'active' ? end(step, 'done', new Date(event.at)) : step;
      if (next !== step) closed.push(next);
      return next;
    }
    if (change === 'started') return begin(step, event);
    if (step.state === 'done' || step.state === 'failed') return step;
    const ended = end(step, change, new Date(event.at));
    closed.push(ended);
    return ended;
  });
  const flushed = cleaned.failing === undefined ? [] : [cleaned.failing];
  const [failing] = closed.filter((step) => step.state === 'failed').map((step) => finishedStep(step, state));
  const done = closed.filter((step) => step.state === 'done').map((step) => finishedStep(step, state));
  return {
    ...cleaned,
    steps,
    ...(closed.length > 0 || change === 'started'
      ? { finished: [...cleaned.finished, ...flushed, ...done], failing }
      : {}),
    milestone: change === 'started' ? undefined : state.milestone,
  };
}

/** A deploy that stops the old instance first has its steps in another order, which the first step to begin tells. */
function inOrder(steps: readonly Step[], id: string, ordinal: unknown): readonly Step[] {
  const isFirst = ordinal === 1 && steps.every(({ state }) => state === 'waiting');
  if (!isFirst || steps[0]?.id === id) return steps;
  return [...steps.filter((step) => step.id === id), ...steps.filter((step) => step.id !== id)];
}

function endCleanUp(state: ProgressState, event: JobEvent): ProgressState {
  if (state.cleanUp === undefined) return state;
  const done = finishedStep(end(state.cleanUp, 'done', new Date(event.at)), state);
  return { ...state, cleanUp: undefined, finished: [...state.finished, done] };
}

function begin(step: Step, event: JobEvent): Step {
  return step.state === 'waiting' ? { ...step, state: 'active', startedAt: new Date(event.at) } : step;
}

function end(step: Step, state: 'done' | 'failed', at: Date): Step {
  return { ...step, state, startedAt: step.startedAt ?? at, endedAt: at };
}

/** The sequence number makes the key unique: an attempt that a shutdown ended is repeated under its number. */
function finishedStep(step: Step, state: ProgressState): FinishedStep {
  return { ...step, key: `${state.attempt}/${state.lastSeq}/${step.id}` };
}

function allWaiting({ steps }: ProgressState): Step[] {
  return waitingSteps(steps.map((step) => step.id));
}
