import { createHash, createHmac } from 'node:crypto';

const ALGORITHM = 'AWS4-HMAC-SHA256';
const TERMINATOR = 'aws4_request';

export interface CredentialScope {
  /** YYYYMMDD, UTC. */
  readonly date: string;
  readonly region: string;
  readonly service: string;
}

/** @returns lower-case hex. */
export function sha256Hex(data: string | Uint8Array): string {
  return createHash('sha256').update(data).digest('hex');
}

/** @param amzDate YYYYMMDDTHHMMSSZ, the value of x-amz-date. */
export function stringToSign(
  amzDate: string,
  scope: CredentialScope,
  canonicalRequestSha256: string,
): string {
  const credentialScope = `${scope.date}/${scope.region}/${scope.service}/${TERMINATOR}`;
  return [ALGORITHM, amzDate, credentialScope, canonicalRequestSha256].join('\n');
}

/** @returns the 32 bytes of the signature that the owner of `secret` makes for `text`. */
export function signatureOf(text: string, secret: string, scope: CredentialScope): Buffer {
  const dateKey = hmac(`AWS4${secret}`, scope.date);
  const serviceKey = hmac(hmac(dateKey, scope.region), scope.service);
  return hmac(hmac(serviceKey, TERMINATOR), text);
}

function hmac(key: string | Uint8Array, data: string): Buffer {
  return createHmac('sha256', key).update(data).digest();
}

const AMZ_DATE = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/;

/** @returns undefined for an invalid date, such as the 30th of February. */
export function parseAmzDate(text: string): Date | undefined {
  const iso = AMZ_DATE.test(text) ? text.replace(AMZ_DATE, '$1-$2-$3T$4:$5:$6.000Z') : undefined;
  const date = new Date(iso ?? Number.NaN);
  return !Number.isNaN(date.getTime()) && date.toISOString() === iso ? date : undefined;
}
