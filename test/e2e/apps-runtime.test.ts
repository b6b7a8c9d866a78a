import { test } from 'vitest';
import { describeRuntime } from './runtimes/conformance.ts';
import { describePodman } from './runtimes/podman-cases.ts';
import { openPodmanUnderTest, whyNoPodman } from './runtimes/podman-under-test.ts';
import { openProcessUnderTest } from './runtimes/process-under-test.ts';

describeRuntime('process', openProcessUnderTest);

const reason = await whyNoPodman();
if (reason === undefined) {
  describeRuntime('podman', openPodmanUnderTest);
  describePodman();
} else {
  process.stderr.write(`SKIPPED the runtime podman: ${reason}; NO container was started\n`);
  test.skip(`P8: the runtime podman: ${reason}`, () => undefined);
}
