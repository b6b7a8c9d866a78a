import { appModule } from '../apps/module.ts';
import { clusterModule } from '../clusters/module.ts';
import type { Infrastructure } from '../kernel/api/infrastructure.ts';
import type { Module, ModuleDefinition } from '../kernel/api/module.ts';
import { kernelRetention } from '../kernel/retention/kernel-rules.ts';
import type { RetentionRule } from '../kernel/retention/retention-rule.ts';

/** The modules of this product; a new one is a line here. */
export const MODULES = [clusterModule, appModule] as const;

export type ShippedModule = (typeof MODULES)[number];

/**
 * @param config as `serverConfig` made it for these modules
 * @param cleanups gets what ends them
 */
export async function openModules(
  definitions: readonly ModuleDefinition[],
  config: object,
  infrastructure: Infrastructure,
  cleanups: (() => Promise<void>)[],
): Promise<Module[]> {
  const modules: Module[] = [];
  for (const definition of definitions) {
    const module = await definition.open(config, infrastructure);
    modules.push(module);
    if (module.close !== undefined) cleanups.push(() => module.close?.() ?? Promise.resolve());
  }
  return modules;
}

/** The rules of kernel and modules: janitors apply them, the API shows them. */
export function retentionRules(
  config: { readonly jobRetentionDays: number },
  { db, artifacts }: Infrastructure,
  modules: readonly Module[],
): RetentionRule[] {
  return [...kernelRetention(db, artifacts, config), ...modules.flatMap(({ retention }) => retention)];
}
