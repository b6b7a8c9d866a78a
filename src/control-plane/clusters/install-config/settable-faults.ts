import type { SetValues } from '../policy/set-values.ts';
import type { Profile } from '../profiles/profile.ts';
import type { Settable } from '../profiles/profile-settable.ts';
import type { ProfileInstallFault } from './profile-field.ts';
import { fieldType } from './shape-problems.ts';

/**
 * Checks that each settable field is one of the install-config, of its type, and that each value that the profile names would be
 * accepted by the installer.
 * @param faultsWith what is wrong with an install-config in which a request has set values
 */
export function settableFaults(
  { settable = [] }: Profile,
  faultsWith: (set: SetValues) => readonly ProfileInstallFault[],
): ProfileInstallFault[] {
  return settable.flatMap((item, index) => {
    const type = fieldType(item.key.split('.'));
    if (type === undefined || type === 'other') {
      const message =
        type === undefined
          ? `"${item.key}" is not a field of install-config 4.20`
          : `"${item.key}" has fields of its own`;
      return [
        {
          path: ['settable', index, 'key'],
          message,
          fix: 'use a field that is text, a number, or true or false',
        },
      ];
    }
    if (type !== item.type) {
      const message = `${item.key} is not of type ${item.type}`;
      return [{ path: ['settable', index, 'type'], message, fix: `use ${type}` }];
    }
    return samplesOf(item).flatMap(({ path, value }) => {
      const [fault] = faultsWith({ [item.key]: value });
      if (fault === undefined) return [];
      const message = `${item.key} cannot be ${value}: ${fault.message}`;
      return [{ path: ['settable', index, ...path], message, fix: 'use other values' }];
    });
  });
}

interface Sample {
  readonly path: readonly (string | number)[];
  readonly value: string | number | boolean;
}

function samplesOf(item: Settable): Sample[] {
  switch (item.type) {
    case 'string':
      return (item.values ?? []).map((value, index) => ({ path: ['values', index], value }));
    case 'boolean':
      return [true, false].map((value) => ({ path: ['key'], value }));
    case 'integer':
      return (['min', 'max'] as const).flatMap((bound) => {
        const value = item[bound];
        return value === undefined ? [] : [{ path: [bound], value }];
      });
  }
}
