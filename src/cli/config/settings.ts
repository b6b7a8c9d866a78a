import { parseDurationMs } from '../../render/duration.ts';
import { UsageError } from '../errors/cli-error.ts';
import { type OutputFormat, parseOutputFormat } from '../output/output-format.ts';
import {
  COLOR_CHOICES,
  type ColorChoice,
  PROGRESS_CHOICES,
  type ProgressChoice,
} from '../output/terminal.ts';
import type { ConfigFile } from './context-file.ts';

/** How the command line behaves, once every source was asked. */
export interface CliSettings {
  readonly output: OutputFormat;
  /** Time limit of one API call with its retries. */
  readonly timeoutMs: number;
  readonly color: ColorChoice;
  readonly progress: ProgressChoice;
  readonly noInput: boolean;
}

export type SettingSource = 'flag' | 'environment' | 'file' | 'default';
export type SettingName = 'output' | 'timeout' | 'color' | 'progress' | 'no-input';

interface SettingSpec {
  readonly name: SettingName;
  readonly variable: string;
  readonly fallback: string;
  readonly meaning: string;
  /** @throws UsageError when the text is no value of this setting. */
  readonly assert: (text: string) => void;
}

/** Every setting that flag, environment and `ocpctl config` share: in this order of precedence, then the default. */
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
    meaning: 'time limit of one API call with its retries',
    assert: (text) => duration('timeout', text),
  },
  {
    name: 'color',
    variable: 'OCPCTL_COLOR',
    fallback: 'auto',
    meaning: 'colours: auto, always or never (NO_COLOR and CLICOLOR_FORCE decide under auto)',
    assert: (text) => oneOf('color', text, COLOR_CHOICES),
  },
  {
    name: 'progress',
    variable: 'OCPCTL_PROGRESS',
    fallback: 'auto',
    meaning: 'progress while waiting: auto, live, plain or none',
    assert: (text) => oneOf('progress', text, PROGRESS_CHOICES),
  },
  {
    name: 'no-input',
    variable: 'OCPCTL_NO_INPUT',
    fallback: 'false',
    meaning: 'never ask anything',
    assert: (text) => boolean('no-input', text),
  },
];

export interface SettingValue {
  readonly name: SettingName;
  readonly value: string;
  readonly source: SettingSource;
}

/** Asks flag, environment, file and default, in this order, for every setting. */
export function settingValues(
  flags: Readonly<Partial<Record<SettingName, string>>>,
  env: NodeJS.ProcessEnv,
  file: ConfigFile,
): SettingValue[] {
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

/** Turns the texts of all settings into their values. @throws UsageError that says where a wrong one came from. */
export function readCliSettings(values: readonly SettingValue[]): CliSettings {
  const text = (name: SettingName): string => {
    const found = values.find((value) => value.name === name);
    const spec = SETTINGS.find((setting) => setting.name === name);
    if (found === undefined || spec === undefined) throw new Error(`no such setting: ${name}`);
    try {
      spec.assert(found.value);
    } catch (error) {
      if (!(error instanceof UsageError) || found.source === 'flag') throw error;
      const where =
        found.source === 'environment' ? spec.variable : `setting ${name} of the configuration file`;
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

/** @throws UsageError when a text is no value of this setting. */
export function assertSetting(name: SettingName, text: string): void {
  SETTINGS.find((setting) => setting.name === name)?.assert(text);
}

function duration(name: string, text: string): number {
  const ms = parseDurationMs(text);
  if (ms === undefined)
    throw new UsageError(`${name}: '${text}' is no duration`, { hint: 'for example 30s, 90m, 24h, 7d' });
  return ms;
}

function oneOf<T extends string>(name: string, text: string, choices: readonly T[]): T {
  const found = choices.find((choice) => choice === text);
  if (found === undefined) throw new UsageError(`${name}: '${text}' is not one of ${choices.join(', ')}`);
  return found;
}

function boolean(name: string, text: string): boolean {
  if (['1', 'true', 'yes'].includes(text)) return true;
  if (['0', 'false', 'no', ''].includes(text)) return false;
  throw new UsageError(`${name}: '${text}' is not true or false`);
}
