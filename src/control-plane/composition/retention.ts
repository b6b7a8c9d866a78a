import type { Infrastructure } from '../kernel/api/infrastructure.ts';
import type { Module } from '../kernel/api/module.ts';
import { kernelRetention } from '../kernel/retention/kernel-rules.ts';
import type { RetentionRule } from '../kernel/retention/retention-rule.ts';
import type { ServerConfig } from '../settings/server-config.ts';

/** The rules of kernel and modules: janitors apply them, the API shows them. */
export function retentionRules(
  config: ServerConfig,
  { db, artifacts }: Infrastructure,
  modules: readonly Module[],
): RetentionRule[] {
  return [...kernelRetention(db, artifacts, config), ...modules.flatMap(({ retention }) => retention)];
}
