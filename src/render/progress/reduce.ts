import type { JobEvent } from '../../contract/documents.ts';
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
      return seen;
  }
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

/** A new attempt starts with the first step; open steps of the previous one count as failed. */
function startAttempt(state: ProgressState, event: JobEvent): ProgressState {
  const open = state.steps
    .filter((step) => step.state === 'active')
    .map((step) => end(step, 'failed', event));
  return {
    ...state,
    attempt: event.attempt,
    steps: waitingSteps(state.steps.map((step) => step.id)),
    finished: [...state.finished, ...open.map((step) => finishedStep(step, state))],
    milestone: undefined,
    logs: [],
  };
}

function reducePhase(state: ProgressState, event: JobEvent): ProgressState {
  const id = event.phase === null ? null : printable(event.phase);
  const change = event.data['state'];
  if (id === null || (change !== 'started' && change !== 'done' && change !== 'failed')) return state;
  const known = state.steps.some((step) => step.id === id)
    ? state.steps
    : [...state.steps, ...waitingSteps([id])];
  const closed: Step[] = [];
  const steps = known.map((step) => {
    if (step.id !== id) {
      // Steps are sequential: a step that starts ends the previous one, if that event was missed.
      const next = change === 'started' && step.state === 'active' ? end(step, 'done', event) : step;
      if (next !== step) closed.push(next);
      return next;
    }
    if (change === 'started') return begin(step, event);
    if (step.state === 'done' || step.state === 'failed') return step;
    const ended = end(step, change, event);
    closed.push(ended);
    return ended;
  });
  const finished = [...state.finished, ...closed.map((step) => finishedStep(step, state))];
  return { ...state, steps, finished, milestone: change === 'started' ? undefined : state.milestone };
}

function begin(step: Step, event: JobEvent): Step {
  return step.state === 'waiting' ? { ...step, state: 'active', startedAt: new Date(event.at) } : step;
}

function end(step: Step, state: 'done' | 'failed', event: JobEvent): Step {
  const at = new Date(event.at);
  return { ...step, state, startedAt: step.startedAt ?? at, endedAt: at };
}

function finishedStep(step: Step, state: ProgressState): FinishedStep {
  return { ...step, key: `${state.attempt}/${step.id}` };
}
