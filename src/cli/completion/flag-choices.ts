import type { Command } from '@oclif/core/command';
import { CLUSTER_STATUS_FILTERS, JOB_STATUSES, JOB_TYPES } from '../../contract/statuses.ts';
import { NAMED_FORMATS } from '../../render/view.ts';
import { COLOR_CHOICES, PROGRESS_CHOICES } from '../output/terminal.ts';

const OUTPUT_FORMATS = [...NAMED_FORMATS, 'value='];

/** Of flags that take their values in any case and separated by commas, which oclif's `options` would refuse. */
const LISTS: Readonly<Record<string, readonly string[]>> = {
  'list --status': CLUSTER_STATUS_FILTERS,
  'jobs:list --status': JOB_STATUSES,
  'jobs:list --type': JOB_TYPES,
};

/** What the value of a flag can be; undefined if anything. @param command id */
export function flagChoices(command: string, flag: Command.Flag.Cached): readonly string[] | undefined {
  if (flag.name === 'output') return OUTPUT_FORMATS;
  return LISTS[`${command} --${flag.name}`] ?? ('options' in flag ? flag.options : undefined);
}

const SETTING_CHOICES: Readonly<Record<string, readonly string[]>> = {
  output: OUTPUT_FORMATS,
  color: COLOR_CHOICES,
  progress: PROGRESS_CHOICES,
  'no-input': ['true', 'false'],
};

/** What the value of a setting can be; none of one that is a text. */
export function settingChoices(name: string): readonly string[] {
  return SETTING_CHOICES[name] ?? [];
}
