import { UsageError } from '../errors/cli-error.ts';
import type { Session } from '../session.ts';
import { SETTINGS, type SettingName, type SettingValue, settingValues } from './settings.ts';

/** Every setting with the source that decides it here; flags of this very command do not count. */
export function configValues(session: Session): SettingValue[] {
  return settingValues({}, session.io.env, session.file);
}

/** @throws UsageError with the known names when there is no such setting. */
export function parseSettingName(text: string): SettingName {
  const found = SETTINGS.find((setting) => setting.name === text);
  if (found !== undefined) return found.name;
  const known = SETTINGS.map((setting) => setting.name).join(', ');
  throw new UsageError(`there is no setting '${text}'`, { hint: `settings: ${known}` });
}
