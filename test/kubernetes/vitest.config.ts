import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

/** The suite of the sandbox's Kubernetes API against a real kube-apiserver. */
export default defineConfig({
  root: fileURLToPath(new URL('../..', import.meta.url)),
  test: {
    include: ['test/kubernetes/**/*.test.ts'],
    env: { TZ: 'UTC', NODE_ENV: 'test' },
    testTimeout: 60_000,
  },
});
