/** Why a field is invalid, by the names of the installer's own errors. */
export type ProblemType =
  | 'FieldValueRequired'
  | 'FieldValueInvalid'
  | 'FieldValueNotSupported'
  | 'FieldValueForbidden'
  | 'FieldValueDuplicate'
  | 'FieldValueTooMany'
  /** The value does not have the field's type, so the installer cannot parse the document. */
  | 'FieldTypeInvalid'
  /** An unknown key. The installer warns and ignores it; here it is an error. */
  | 'FieldUnknown'
  /** The installer accepts the value, and the cloud rejects it. */
  | 'CloudRejects';

/** A problem in an install-config. The message never contains a secret. */
export interface InstallConfigProblem {
  /** Path as the installer writes it, such as `compute[0].platform.aws.zones[1]`. */
  readonly field: string;
  readonly type: ProblemType;
  readonly message: string;
  /** How to correct it, where the message does not say so. */
  readonly fix?: string;
  /** The line of a text of several lines, from 1. */
  readonly line?: number;
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

export function rejectedByCloud(field: string, message: string, fix: string): InstallConfigProblem {
  return { field, type: 'CloudRejects', message, fix };
}

export function duplicate(field: string): InstallConfigProblem {
  return { field, type: 'FieldValueDuplicate', message: 'is a duplicate' };
}

export function tooMany(field: string, max: number, count: number): InstallConfigProblem {
  return { field, type: 'FieldValueTooMany', message: `must have at most ${max} items, not ${count}` };
}

export function notSupported(field: string, supported: readonly string[]): InstallConfigProblem {
  return { field, type: 'FieldValueNotSupported', message: `must be one of ${supported.join(', ')}` };
}

/** @returns the problem if the value is not one of the supported ones. */
export function oneOf(field: string, value: string, supported: readonly string[]): InstallConfigProblem[] {
  return supported.includes(value) ? [] : [notSupported(field, supported)];
}
