import { writeSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { systemClock } from '../../clock.ts';
import { messageOf, systemCodeOf } from '../../errors.ts';
import { InstanceRun } from './instance-run.ts';
import type { RunnerAnswer, RunnerRequest } from './runner-protocol.ts';

/**
 * The process beside each instance (`node instance-runner.js ID`), which outlives the server: it starts the program, keeps its log and
 * records how it ended. Without dependencies, because there is one for each instance: 46 MB resident, of which 9 MB are not shared with other processes of Node (Node 20; 52 and 11 MB while it writes
 * a log at full speed).
 */
async function main(): Promise<void> {
  const line = await text(process.stdin);
  // The server was killed before it had sent all: no instance was asked for.
  if (!line.endsWith('\n')) return;
  const run = new InstanceRun(JSON.parse(line) as RunnerRequest, systemClock);
  const answer = await run.start().catch(
    (error: unknown): RunnerAnswer => ({
      type: 'failed',
      message: messageOf(error),
    }),
  );
  tell(answer);
  if (answer.type === 'started') await run.over;
}

function tell(answer: RunnerAnswer): void {
  try {
    writeSync(process.stdout.fd, `${JSON.stringify(answer)}\n`);
  } catch (error) {
    // EPIPE: the server was killed meanwhile. The next one finds the instance.
    if (systemCodeOf(error) !== 'EPIPE') throw error;
  }
}

// It ends after its program, whatever it is sent: a shutdown of the machine sends SIGTERM to both.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {});
process.umask(0o077);
await main();
process.exit(0);
