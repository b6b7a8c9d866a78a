import { clusterModule } from '../clusters/module.ts';
import type { Infrastructure } from '../kernel/api/infrastructure.ts';
import type { Module, ModuleDefinition } from '../kernel/api/module.ts';

/** The modules of this product; a new one is a line here. */
export const MODULES = [clusterModule] as const;

/** Their settings, in one flat schema with those of the server. */
export const MODULE_SETTINGS = { ...clusterModule.settings.shape };

export async function openModules<Config>(
  definitions: readonly ModuleDefinition<Config>[],
  config: Config,
  infrastructure: Infrastructure,
): Promise<Module[]> {
  const modules: Module[] = [];
  for (const definition of definitions) modules.push(await definition.open(config, infrastructure));
  return modules;
}
