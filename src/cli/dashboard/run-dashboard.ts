import { isOutage } from '../../client/outage.ts';
import {
  type DashboardData,
  type DashboardKey,
  EMPTY_DASHBOARD,
  rowsOf,
  scrolled,
  withData,
  withKey,
} from '../../render/dashboard/dashboard-state.ts';
import { InterruptedError } from '../errors/cli-error.ts';
import { abortOnSignals } from '../jobs/interruptible-wait.ts';
import type { Session } from '../session.ts';
import { enterAlternateScreen } from './alternate-screen.ts';
import { readDashboard } from './read-dashboard.ts';

const POLL_MS = 2_000;

/**
 * Shows the dashboard until it is quit.
 * @throws InterruptedError on Ctrl-C and SIGTERM; errors of the server that do not pass by themselves
 */
export async function runDashboard(session: Session): Promise<void> {
  const { openDashboardScreen } = await import('../../render/dashboard/dashboard-screen.tsx');
  const { stdout } = process;
  const { io, client } = session;
  // What is missing in the configuration is said before the screen is taken.
  const { server } = session.connection;
  const quit = new AbortController();
  let state = EMPTY_DASHBOARD;
  let wake = new AbortController();
  const rows = () => rowsOf(stdout.rows).clusters;
  const leave = enterAlternateScreen(stdout);
  const screen = openDashboardScreen(
    stdout,
    server,
    { state, now: io.now() },
    {
      onKey: (key: DashboardKey) => {
        state = withKey(state, key, rows());
        draw();
        wake.abort();
      },
      onQuit: () => quit.abort(),
      onInterrupt: () => quit.abort(new InterruptedError('SIGINT')),
    },
  );
  const draw = () => screen.draw(state, io.now());
  const onResize = () => {
    state = scrolled(state, rows());
    draw();
  };
  const show = (data: DashboardData, asked: string | undefined) => {
    // While it was read, another cluster may have been selected: then jobs and log are not of that one.
    const isSame = asked === undefined || asked === state.selectedId;
    state = withData(state, isSame ? data : { ...data, jobs: [], log: [] }, io.now(), rows());
  };
  stdout.on('resize', onResize);
  const stopTicking = io.every(1_000, draw);
  try {
    await abortOnSignals(
      (signal) => new InterruptedError(signal),
      async (interrupted) => {
        const signal = AbortSignal.any([interrupted, quit.signal]);
        for (; !signal.aborted; await pause(session, AbortSignal.any([signal, wake.signal]))) {
          wake = new AbortController();
          const asked = state.selectedId;
          try {
            show(await readDashboard(client, asked, signal), asked);
          } catch (error) {
            if (signal.aborted) break;
            if (state.readAt === undefined || !isOutage(error)) throw error;
            state = { ...state, problem: error.message };
          }
          draw();
        }
        interrupted.throwIfAborted();
      },
    );
  } finally {
    stopTicking();
    stdout.off('resize', onResize);
    await screen.close().finally(leave);
  }
  if (quit.signal.reason instanceof InterruptedError) throw quit.signal.reason;
}

/** Until the next poll, or until the selection moves. */
async function pause({ client }: Session, signal: AbortSignal): Promise<void> {
  await client.clock.sleep(POLL_MS, signal).catch(() => {});
}
