import { parseDurationMs } from '../../contract/duration.ts';
import { UsageError } from '../errors/cli-error.ts';
import type { GlobalFlagValues } from '../flags/shared-flags.ts';
import { type OutputFormat, parseOutputFormat } from '../output/output-format.ts';
import {
  COLOR_CHOICES,
  type ColorChoice,
  PROGRESS_CHOICES,
  type ProgressChoice,
} from '../output/terminal.ts';
import type { ConfigFile } from './context-file.ts';

/** The settings of a run, resolved from flags, environment, file and defaults. */
export interface CliSettings {
  readonly output: OutputFormat;
  /** Time limit of one API call, including retries. */
  readonly timeoutMs: number;
  readonly color: ColorChoice;
  readonly progress: ProgressChoice;
  readonly noInput: boolean;
}

export type SettingSource = 'flag' | 'environment' | 'file' | 'default';
export type SettingName = 'output' | 'timeout' | 'color' | 'progress' | 'no-input';
type SettingFlags = Readonly<Partial<Record<SettingName, string>>>;

interface SettingSpec {
  readonly name: SettingName;
  readonly variable: string;
  readonly fallback: string;
  readonly meaning: string;
  /** @throws UsageError if the text is not a valid value. */
  readonly assert: (text: string) => void;
}

/** All settings. Precedence: flag, environment, configuration file (`ocpctl config`), default. */
export const SETTINGS: readonly SettingSpec[] = [
  {
    name: 'output',
    variable: 'OCPCTL_OUTPUT',
    fallback: 'table',
    meaning: 'output format: table, wide, json, yaml, name, csv or value=PATH',
    assert: parseOutputFormat,
  },
  {
    name: 'timeout',
    variable: 'OCPCTL_TIMEOUT',
    fallback: '30s',
    meaning: 'time limit of one API call, including retries',
    assert: (text) => duration('timeout', text),
  },
  {
    name: 'color',
    variable: 'OCPCTL_COLOR',
    fallback: 'auto',
    meaning: 'color: auto, always or never; auto respects NO_COLOR and CLICOLOR_FORCE',
    assert: (text) => oneOf('color', text, COLOR_CHOICES),
  },
  {
    name: 'progress',
    variable: 'OCPCTL_PROGRESS',
    fallback: 'auto',
    meaning: 'progress display: auto, live, plain or none',
    assert: (text) => oneOf('progress', text, PROGRESS_CHOICES),
  },
  {
    name: 'no-input',
    variable: 'OCPCTL_NO_INPUT',
    fallback: 'false',
    meaning: 'never prompt',
    assert: (text) => boolean('no-input', text),
  },
];

export interface SettingValue {
  readonly name: SettingName;
  readonly value: string;
  readonly source: SettingSource;
}

/** The settings that flags of the command line set. */
export function settingFlags(flags: GlobalFlagValues): SettingFlags {
  return {
    ...(flags.json ? { output: 'json' } : flags.output === undefined ? {} : { output: flags.output }),
    ...(flags.requestTimeout === undefined ? {} : { timeout: flags.requestTimeout }),
    ...(flags.color === undefined ? {} : { color: flags.color }),
    ...(flags.progress === undefined ? {} : { progress: flags.progress }),
    ...(flags['no-input'] ? { 'no-input': 'true' } : {}),
  };
}

/** Resolves every setting: flag, then environment, then file, then default. */
export function settingValues(flags: SettingFlags, env: NodeJS.ProcessEnv, file: ConfigFile): SettingValue[] {
  return SETTINGS.map(({ name, variable, fallback }) => {
    const flag = flags[name];
    if (flag !== undefined) return { name, value: flag, source: 'flag' };
    const fromEnvironment = env[variable];
    if (fromEnvironment) return { name, value: fromEnvironment, source: 'environment' };
    const fromFile = file.settings[name];
    if (fromFile !== undefined) return { name, value: fromFile, source: 'file' };
    return { name, value: fallback, source: 'default' };
  });
}

/** Parses all settings. @throws UsageError that names the source of an invalid value */
export function readCliSettings(values: readonly SettingValue[]): CliSettings {
  const text = (name: SettingName): string => {
    const found = values.find((value) => value.name === name);
    const spec = SETTINGS.find((setting) => setting.name === name);
    if (found === undefined || spec === undefined) throw new Error(`no such setting: ${name}`);
    try {
      spec.assert(found.value);
    } catch (error) {
      if (!(error instanceof UsageError) || found.source === 'flag') throw error;
      const where = found.source === 'environment' ? spec.variable : `configuration file, setting ${name}`;
      throw new UsageError(
        `${where}: ${error.message}`,
        error.hint === undefined ? {} : { hint: error.hint },
      );
    }
    return found.value;
  };
  return {
    output: parseOutputFormat(text('output')),
    timeoutMs: duration('timeout', text('timeout')),
    color: oneOf('color', text('color'), COLOR_CHOICES),
    progress: oneOf('progress', text('progress'), PROGRESS_CHOICES),
    noInput: boolean('no-input', text('no-input')),
  };
}

/** @throws UsageError with the known names if the setting does not exist */
export function parseSettingName(text: string): SettingName {
  const found = SETTINGS.find((setting) => setting.name === text);
  if (found !== undefined) return found.name;
  const known = SETTINGS.map((setting) => setting.name).join(', ');
  throw new UsageError(`unknown setting "${text}"`, { hint: `settings: ${known}` });
}

/** @throws UsageError if the text is not a valid value. */
export function assertSetting(name: SettingName, text: string): void {
  SETTINGS.find((setting) => setting.name === name)?.assert(text);
}

function duration(name: string, text: string): number {
  const ms = parseDurationMs(text);
  if (ms === undefined)
    throw new UsageError(`invalid duration "${text}" for ${name}: use for example 30s or 5m`);
  return ms;
}

function oneOf<T extends string>(name: string, text: string, choices: readonly T[]): T {
  const found = choices.find((choice) => choice === text);
  if (found === undefined)
    throw new UsageError(`invalid value "${text}" for ${name}: use ${choices.join(', ')}`);
  return found;
}

function boolean(name: string, text: string): boolean {
  if (['1', 'true', 'yes'].includes(text)) return true;
  if (['0', 'false', 'no', ''].includes(text)) return false;
  throw new UsageError(`invalid value "${text}" for ${name}: use true or false`);
}
