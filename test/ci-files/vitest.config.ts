import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

/** The files of deploy, and the examples of docs/ci.md, against the public schemas of the systems that read them. */
export default defineConfig({
  root: fileURLToPath(new URL('../..', import.meta.url)),
  test: {
    include: ['test/ci-files/**/*.test.ts'],
    env: { TZ: 'UTC', NODE_ENV: 'test' },
    testTimeout: 120_000,
  },
});
