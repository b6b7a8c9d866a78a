import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

/** Tests of the AWS engines against moto, an implementation of AWS that is not ours. */
export default defineConfig({
  root: fileURLToPath(new URL('../..', import.meta.url)),
  test: {
    include: ['test/aws/**/*.test.ts'],
    globalSetup: ['test/aws/setup.ts'],
    // The SDK's word about Node 20 is for the server's operator (config.ts silences it), not for a test run.
    env: { TZ: 'UTC', NODE_ENV: 'test', AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true' },
    // One server keeps the state of all: files take turns.
    fileParallelism: false,
    testTimeout: 60_000,
    // The first call to each service is when moto loads it.
    hookTimeout: 300_000,
  },
});
