import { UsageError } from '../errors/cli-error.ts';
import type { Session } from '../session.ts';
import { SETTINGS, type SettingName, type SettingValue, settingValues } from './settings.ts';

/** Every setting with its source; the flags of this command are ignored. */
export function configValues(session: Session): SettingValue[] {
  return settingValues({}, session.io.env, session.file);
}

/** @throws UsageError with the known names if the setting does not exist */
export function parseSettingName(text: string): SettingName {
  const found = SETTINGS.find((setting) => setting.name === text);
  if (found !== undefined) return found.name;
  const known = SETTINGS.map((setting) => setting.name).join(', ');
  throw new UsageError(`unknown setting "${text}"`, { hint: `settings: ${known}` });
}
