import { systemCodeOf } from '../../errors.ts';
import { ArtifactError, type ArtifactErrorCode, asArtifactError } from '../artifact-error.ts';

const CODES: Readonly<Record<string, ArtifactErrorCode>> = {
  NoSuchKey: 'ARTIFACT_NOT_FOUND',
  BadDigest: 'ARTIFACT_CORRUPT',
  XAmzContentChecksumMismatch: 'ARTIFACT_CORRUPT',
  XAmzContentSHA256Mismatch: 'ARTIFACT_CORRUPT',
};

/** @returns the S3 error code of a failed call (`SlowDown`); undefined when S3 did not answer */
export function s3CodeOf(thrown: unknown): string | undefined {
  return thrown instanceof Error && '$metadata' in thrown ? thrown.name : undefined;
}

/**
 * @returns a failed call of S3 as an ArtifactError. A missing bucket, a denied access and a network failure are `STORAGE_UNAVAILABLE`
 * and never "not found", because they do not say whether the object exists.
 */
export function asS3Error(thrown: unknown, what: string): ArtifactError {
  if (thrown instanceof ArtifactError) return thrown;
  const code = s3CodeOf(thrown);
  if (code !== undefined) {
    return new ArtifactError(CODES[code] ?? 'STORAGE_UNAVAILABLE', `${what}: ${code}`, { cause: thrown });
  }
  const ours = systemCodeOf(thrown) === undefined ? thrown : asArtifactError(thrown, what);
  if (ours instanceof ArtifactError) return ours;
  const name = thrown instanceof Error ? thrown.name : 'unknown failure';
  return new ArtifactError('STORAGE_UNAVAILABLE', `${what}: ${name}`, { cause: thrown });
}
