import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

/** The files of deploy/ci, and the examples of docs/ci.md, against the public schemas of their CI systems. */
export default defineConfig({
  root: fileURLToPath(new URL('../..', import.meta.url)),
  test: {
    include: ['test/ci-files/**/*.test.ts'],
    env: { TZ: 'UTC', NODE_ENV: 'test' },
    testTimeout: 120_000,
  },
});
