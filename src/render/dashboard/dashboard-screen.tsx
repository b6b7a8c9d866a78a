import { render, useInput } from 'ink';
import type { ReactNode } from 'react';
import type { DashboardKey, DashboardState } from './dashboard-state.ts';
import { DashboardView } from './dashboard-view.tsx';

export interface DashboardScreen {
  draw(state: DashboardState, now: Date): void;
  close(): Promise<void>;
}

export interface DashboardHandlers {
  readonly onKey: (key: DashboardKey) => void;
  readonly onQuit: () => void;
  /** Ctrl-C: while keys are read one by one, it is no signal. */
  readonly onInterrupt: () => void;
}

/** Draws on a terminal and reads its keys. */
export function openDashboardScreen(
  stream: NodeJS.WriteStream,
  server: string,
  first: { readonly state: DashboardState; readonly now: Date },
  handlers: DashboardHandlers,
): DashboardScreen {
  const frame = (state: DashboardState, now: Date) => (
    <Keys {...handlers}>
      <DashboardView {...{ state, server, now }} columns={stream.columns} rows={stream.rows} />
    </Keys>
  );
  const ink = render(frame(first.state, first.now), {
    stdout: stream,
    exitOnCtrlC: false,
    patchConsole: false,
  });
  return {
    draw: (state, now) => ink.rerender(frame(state, now)),
    async close() {
      ink.unmount();
      await ink.waitUntilExit();
    },
  };
}

function Keys(props: DashboardHandlers & { readonly children: ReactNode }) {
  const { onKey, onQuit, onInterrupt, children } = props;
  useInput((input, key) => {
    if (key.ctrl && input === 'c') onInterrupt();
    else if (input === 'q' || key.escape) onQuit();
    else if (key.upArrow || input === 'k') onKey('up');
    else if (key.downArrow || input === 'j') onKey('down');
    else if (key.pageUp) onKey('pageUp');
    else if (key.pageDown) onKey('pageDown');
    else if (key.home || input === 'g') onKey('first');
    else if (key.end || input === 'G') onKey('last');
  });
  return children;
}
