import { pino } from 'pino';
import { openPodmanRuntime } from '../../../src/control-plane/apps/runtime/podman/podman-runtime.ts';
import { openProcessRuntime } from '../../../src/control-plane/apps/runtime/process/process-runtime.ts';
import type { InstanceSpec } from '../../../src/control-plane/apps/runtime/runtime.ts';
import { systemClock } from '../../../src/control-plane/kernel/clock.ts';
import type { PodmanUnderTest } from './podman-under-test.ts';
import type { ProcessUnderTest } from './process-under-test.ts';

/** A server that starts an instance, to be killed while it does: its driver, options and specification are its arguments. */
const [name, options = '', spec = ''] = process.argv.slice(2);
const runtime =
  name === 'podman'
    ? openPodmanRuntime({ ...(JSON.parse(options) as PodmanUnderTest['options']), clock: systemClock })
    : openProcessRuntime({
        ...(JSON.parse(options) as ProcessUnderTest['options']),
        clock: systemClock,
        log: pino({ level: 'silent' }),
      });
process.stdout.write('ready\n');
await runtime.ensure(JSON.parse(spec) as InstanceSpec);
