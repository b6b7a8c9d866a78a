import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

/** Files of `ocpctl report usage -o focus` against the checker of the FinOps project. */
export default defineConfig({
  root: fileURLToPath(new URL('../..', import.meta.url)),
  test: { include: ['test/focus/**/*.test.ts'], env: { TZ: 'UTC', NODE_ENV: 'test' }, testTimeout: 120_000 },
});
