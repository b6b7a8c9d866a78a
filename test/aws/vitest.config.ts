import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

/** Tests of the AWS code against moto, an independent implementation of AWS. */
export default defineConfig({
  root: fileURLToPath(new URL('../..', import.meta.url)),
  test: {
    include: ['test/aws/**/*.test.ts'],
    globalSetup: ['test/setup/postgres.ts', 'test/aws/setup.ts'],
    // The SDK warns about Node 20; the server silences the same warning.
    env: { TZ: 'UTC', NODE_ENV: 'test', AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true' },
    // All files share the state of one moto server.
    fileParallelism: false,
    testTimeout: 60_000,
    // moto loads a service at its first call.
    hookTimeout: 300_000,
  },
});
