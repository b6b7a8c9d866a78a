import { clusterModule } from '../clusters/module.ts';
import type { Infrastructure } from '../kernel/api/infrastructure.ts';
import type { Module, ModuleDefinition } from '../kernel/api/module.ts';

/** The modules of this product; a new one is a line here. */
export const MODULES = [clusterModule] as const;

export type ShippedModule = (typeof MODULES)[number];

/** @param config as `serverConfig` made it for these modules */
export async function openModules(
  definitions: readonly ModuleDefinition[],
  config: object,
  infrastructure: Infrastructure,
): Promise<Module[]> {
  const modules: Module[] = [];
  for (const definition of definitions) modules.push(await definition.open(config, infrastructure));
  return modules;
}
