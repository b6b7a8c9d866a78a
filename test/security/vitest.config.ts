import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

/** Attackers that are not ours against a running server. Each says what it tried and what it found. */
export default defineConfig({
  root: fileURLToPath(new URL('../..', import.meta.url)),
  test: {
    include: ['test/security/*.test.ts'],
    env: { TZ: 'UTC', NODE_ENV: 'test', NO_COLOR: '1' },
    // One after another: an attacker measures the server, not the other attackers.
    fileParallelism: false,
    disableConsoleIntercept: true,
    testTimeout: 420_000,
    hookTimeout: 420_000,
  },
});
