import { z } from 'zod';
import type { InstanceSample } from '../runtime.ts';
import type { Podman } from './podman.ts';

const STATS = z.array(z.object({ name: z.string(), cpu_time: z.string(), mem_usage: z.string() })).nullable();

const SECONDS: Readonly<Record<string, number>> = {
  h: 3_600,
  m: 60,
  s: 1,
  ms: 1e-3,
  µs: 1e-6,
  us: 1e-6,
  ns: 1e-9,
};
const BYTES: Readonly<Record<string, number>> = { B: 1, kB: 1e3, MB: 1e6, GB: 1e9, TB: 1e12 };

/** What `podman stats` says, for hosts where our own groups are not writable: it takes longer, and rounds. */
export async function sampleContainers(podman: Podman, ids: ReadonlySet<string>): Promise<InstanceSample[]> {
  const json = await podman.run(['stats', '--no-stream', '--format', 'json']);
  return (STATS.parse(JSON.parse(json)) ?? []).flatMap(({ name, cpu_time, mem_usage }) => {
    const id = name.replace(/^ocpctl-/, '');
    return ids.has(id)
      ? [{ id, cpuSeconds: parseSeconds(cpu_time), memoryBytes: parseBytes(mem_usage) }]
      : [];
  });
}

/** @param text as Go writes durations: `1m2.5s` */
export function parseSeconds(text: string): number {
  const parts = [...text.matchAll(/([\d.]+)(h|ms|m|s|µs|us|ns)/g)];
  return parts.reduce((sum, [, number, unit = '']) => sum + Number(number) * (SECONDS[unit] ?? 0), 0);
}

/** @param text `15.14MB / 100.7MB`: used and limit */
export function parseBytes(text: string): number {
  const [, number = '0', unit = ''] = /^([\d.]+)([kMGT]?B)/.exec(text) ?? [];
  return Math.round(Number(number) * (BYTES[unit] ?? 0));
}
