import { describeRuntime } from './runtimes/conformance.ts';
import { openProcessUnderTest } from './runtimes/process-under-test.ts';

describeRuntime('process', openProcessUnderTest);
