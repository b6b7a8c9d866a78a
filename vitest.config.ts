import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.{ts,tsx}'],
    globalSetup: ['test/setup/postgres.ts'],
    env: { FORCE_COLOR: '0', COLUMNS: '100', TZ: 'UTC', NODE_ENV: 'test' },
    disableConsoleIntercept: true,
    testTimeout: 60_000,
    hookTimeout: 60_000,
    maxWorkers: 2,
  },
});
