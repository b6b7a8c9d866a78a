import type { InstallerInventory } from '../clusters/installer/installer-inventory.ts';
import { openInstallerInventory as openInventory } from '../clusters/startup/installers.ts';
import { parseServerSettings, type ServerSettings } from '../settings/server-config.ts';

/** The installers of this host, for its operator: no server has to run. @throws SetupError for settings that cannot be used */
export function openInstallerInventory(given: ServerSettings, env: NodeJS.ProcessEnv): InstallerInventory {
  return openInventory(parseServerSettings(given, env));
}
