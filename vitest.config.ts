import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    env: { FORCE_COLOR: '0', COLUMNS: '100', TZ: 'UTC', NODE_ENV: 'test' },
    disableConsoleIntercept: true,
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // Many tests run programs and databases of their own: more workers than this only wait for each other.
    maxWorkers: 2,
    projects: [
      {
        extends: true,
        test: {
          name: 'product',
          include: ['test/**/*.test.{ts,tsx}'],
          // Those against moto and by attackers need Python: `npm run test:aws`, `npm run test:security`.
          exclude: ['test/repository/**', 'test/aws/**', 'test/security/**'],
          globalSetup: ['test/setup/postgres.ts'],
        },
      },
      { extends: true, test: { name: 'repository', include: ['test/repository/*.test.ts'] } },
    ],
  },
});
