/** Why the installer (or, for unknown keys, we) would refuse a field; the names are those of its own errors. */
export type ProblemType =
  | 'FieldValueRequired'
  | 'FieldValueInvalid'
  | 'FieldValueNotSupported'
  | 'FieldValueForbidden'
  | 'FieldValueDuplicate'
  | 'FieldValueTooMany'
  /** The value is not of the field's type: the installer cannot even read the document. */
  | 'FieldTypeInvalid'
  /** The installer only warns and installs without it; we refuse. */
  | 'FieldUnknown';

/** One thing wrong with an install-config. The message never repeats a secret. */
export interface InstallConfigProblem {
  /** Path as the installer writes it, such as `compute[0].platform.aws.zones[1]`. */
  readonly field: string;
  readonly type: ProblemType;
  readonly message: string;
}

export function required(field: string, message: string): InstallConfigProblem {
  return { field, type: 'FieldValueRequired', message };
}

export function invalid(field: string, message: string): InstallConfigProblem {
  return { field, type: 'FieldValueInvalid', message };
}

export function forbidden(field: string, message: string): InstallConfigProblem {
  return { field, type: 'FieldValueForbidden', message };
}

export function duplicate(field: string): InstallConfigProblem {
  return { field, type: 'FieldValueDuplicate', message: 'stands here twice' };
}

export function tooMany(field: string, max: number): InstallConfigProblem {
  return { field, type: 'FieldValueTooMany', message: `must have at most ${max} items` };
}

export function notSupported(field: string, supported: readonly string[]): InstallConfigProblem {
  return { field, type: 'FieldValueNotSupported', message: `must be one of ${supported.join(', ')}` };
}

/** @returns nothing when the value is one of the supported, else the problem. */
export function oneOf(field: string, value: string, supported: readonly string[]): InstallConfigProblem[] {
  return supported.includes(value) ? [] : [notSupported(field, supported)];
}
