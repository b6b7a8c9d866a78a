import type { FieldProblem } from '../../../contract/error-codes.ts';
import type { Profile } from '../profiles/profile.ts';
import type { Settable } from '../profiles/profile-settable.ts';

/** Fields of the install-config by their path, as a request sets them. */
export type SetValues = Readonly<Record<string, string | number | boolean>>;

/** Checks what a request sets against what the profile permits. */
export function setValueProblems(profile: Profile, values: SetValues): FieldProblem[] {
  const { settable = [] } = profile;
  return Object.entries(values).flatMap(([key, value]) => {
    const field = `set.${key}`;
    const item = settable.find((one) => one.key === key);
    if (item !== undefined) return valueProblems(field, item, value);
    const message =
      settable.length === 0
        ? `${key} cannot be set: profile ${profile.name} has no settable fields`
        : `${key} cannot be set with profile ${profile.name}`;
    return [{ field, code: 'NOT_ALLOWED', message, allowed: settable.map((one) => one.key) }];
  });
}

function valueProblems(field: string, item: Settable, value: SetValues[string]): FieldProblem[] {
  const { key } = item;
  if (item.type === 'string') {
    if (typeof value !== 'string') {
      const message = `${key} must be text, not the ${typeof value} ${value}: quote it, as in '${key}="${value}"'`;
      return [{ field, code: 'INVALID_FORMAT', message }];
    }
    const { values } = item;
    if (values === undefined || values.includes(value)) return [];
    return [
      {
        field,
        code: 'NOT_ALLOWED',
        message: `${key} cannot be "${value}" with this profile`,
        allowed: values,
      },
    ];
  }
  if (item.type === 'boolean') {
    if (typeof value === 'boolean') return [];
    return [
      {
        field,
        code: 'INVALID_FORMAT',
        message: `${key} must be true or false, not ${shown(value)}`,
        allowed: ['true', 'false'],
      },
    ];
  }
  if (typeof value !== 'number' || !Number.isSafeInteger(value))
    return [{ field, code: 'INVALID_FORMAT', message: `${key} must be a whole number, not ${shown(value)}` }];
  const { min = Number.MIN_SAFE_INTEGER, max = Number.MAX_SAFE_INTEGER } = item;
  if (value >= min && value <= max) return [];
  return [
    {
      field,
      code: 'OUT_OF_RANGE',
      message: `${key} cannot be ${value}: use ${rangeText(item)}`,
      allowed: [rangeText(item)],
    },
  ];
}

function rangeText({
  min,
  max,
}: {
  readonly min?: number | undefined;
  readonly max?: number | undefined;
}): string {
  if (min === undefined) return `at most ${max}`;
  return max === undefined ? `at least ${min}` : `${min}..${max}`;
}

function shown(value: SetValues[string]): string {
  return typeof value === 'string' ? `"${value}"` : String(value);
}
