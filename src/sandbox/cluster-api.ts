#!/usr/bin/env node
import { serveClusters } from './kubernetes/serve-clusters.ts';
import { readSandboxSettings, requireCloudDir } from './runtime/sandbox-settings.ts';

/** Ends when stdin closes: with the server that started it, however that ends. */
const ending = new AbortController();
for (const event of ['end', 'close', 'error'] as const) process.stdin.on(event, () => ending.abort());
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => ending.abort());
process.stdin.resume();

const { cloudDir, speed } = readSandboxSettings(process.env);
await serveClusters({
  cloudDir: requireCloudDir(cloudDir),
  speed,
  say: (line) => void process.stdout.write(`${line}\n`),
  signal: ending.signal,
});
process.exit(0);
