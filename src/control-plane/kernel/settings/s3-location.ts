const LOCATION =
  /^s3:\/\/(?<bucket>[a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:\/(?<prefix>[A-Za-z0-9._-]+(?:\/[A-Za-z0-9._-]+)*))?\/?$/;

export const S3_LOCATION = 's3://BUCKET/PREFIX';

/** Where in S3 something is kept. */
export interface BucketLocation {
  readonly bucket: string;
  /** What all names begin with; empty for the whole bucket. */
  readonly prefix: string;
}

/** @returns undefined for what is not `s3://BUCKET/PREFIX` */
export function parseS3Location(text: string): BucketLocation | undefined {
  const { bucket, prefix = '' } = LOCATION.exec(text)?.groups ?? {};
  return bucket === undefined ? undefined : { bucket, prefix };
}
