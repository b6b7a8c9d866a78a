/** @returns the words of `a, b`, none of them empty. */
export function listOf(text: string): string[] {
  return text
    .split(',')
    .map((word) => word.trim())
    .filter((word) => word !== '');
}

/** `a=b,c=d` as an object. */
export function pairsOf(text: string): Record<string, string> {
  return Object.fromEntries(
    text.split(',').map((pair) => {
      const [name = '', ...value] = pair.split('=');
      return [name.trim(), value.join('=').trim()];
    }),
  );
}

/** @returns host and port of `HOST:PORT`; any other text unchanged, for the schema to reject. */
export function addressOf(text: string): unknown {
  const [, host, digits] = /^\[?([^\]]+)\]?:(\d{1,5})$/.exec(text) ?? [];
  return host === undefined ? text : { host, port: Number(digits) };
}

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
