import { pino } from 'pino';
import { openProcessRuntime } from '../../../src/control-plane/apps/runtime/process/process-runtime.ts';
import type { InstanceSpec } from '../../../src/control-plane/apps/runtime/runtime.ts';
import { systemClock } from '../../../src/control-plane/kernel/clock.ts';

/** A server that starts an instance, to be killed while it does. What it is asked for comes as JSON in its arguments. */
const [options, spec] = process.argv.slice(2).map((text) => JSON.parse(text) as Record<string, unknown>);
const runtime = openProcessRuntime({
  ...(options as { directory: string; installationId: string; runnerPath: string; path: string }),
  clock: systemClock,
  log: pino({ level: 'silent' }),
});
process.stdout.write('ready\n');
await runtime.ensure(spec as unknown as InstanceSpec);
process.stdout.write('started\n');
