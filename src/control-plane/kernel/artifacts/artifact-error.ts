import { systemCodeOf } from '../errors.ts';

export type ArtifactErrorCode =
  | 'ARTIFACT_KEY_INVALID'
  | 'ARTIFACT_NOT_FOUND'
  /** Different content is stored under that key already. */
  | 'ARTIFACT_CONFLICT'
  /** The bytes do not match their checksum or seal. */
  | 'ARTIFACT_CORRUPT'
  /** No space or no quota is left. */
  | 'STORAGE_FULL'
  /** The store denied the access or failed: read-only, no permission, broken. */
  | 'STORAGE_UNAVAILABLE';

export class ArtifactError extends Error {
  readonly code: ArtifactErrorCode;
  constructor(code: ArtifactErrorCode, message: string, options: { cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'ArtifactError';
    this.code = code;
  }
}

const FULL = new Set(['ENOSPC', 'EDQUOT', 'EFBIG']);

/** @returns a failed system call as an ArtifactError, any other error unchanged */
export function asArtifactError(thrown: unknown, what: string): unknown {
  const code = systemCodeOf(thrown);
  if (code === undefined) return thrown;
  if (code === 'ENOENT')
    return new ArtifactError('ARTIFACT_NOT_FOUND', `${what}: not found`, { cause: thrown });
  if (FULL.has(code))
    return new ArtifactError('STORAGE_FULL', `${what}: no space left (${code})`, { cause: thrown });
  return new ArtifactError('STORAGE_UNAVAILABLE', `${what}: ${code}`, { cause: thrown });
}
