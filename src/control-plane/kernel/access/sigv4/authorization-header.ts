import type { ReceivedHeaders } from './received-headers.ts';
import type { CredentialScope } from './signature.ts';
import { SignatureRejectedError } from './signature-rejected-error.ts';

export interface Authorization {
  readonly accessKeyId: string;
  readonly scope: CredentialScope;
  readonly signedHeaders: readonly string[];
  /** 32 bytes. */
  readonly signature: Buffer;
}

const MAX_LENGTH = 2048;
const AUTHORIZATION = new RegExp(
  '^AWS4-HMAC-SHA256 ' +
    'Credential=(?<accessKeyId>[A-Za-z0-9_-]{1,128})/(?<date>[0-9]{8})/(?<region>[a-z0-9-]{1,64})/(?<service>[a-z0-9-]{1,64})/aws4_request, ' +
    'SignedHeaders=(?<signedHeaders>[a-z0-9-]+(?:;[a-z0-9-]+)*), ' +
    'Signature=(?<signature>[0-9a-f]{64})$',
);

/** @throws SignatureRejectedError (401) unless there is one Authorization header in the accepted form */
export function parseAuthorization(headers: ReceivedHeaders): Authorization {
  const value = headers.get('authorization')?.[0];
  if (value === undefined) throw new SignatureRejectedError('AUTHORIZATION_MISSING');
  const fields = value.length <= MAX_LENGTH ? AUTHORIZATION.exec(value)?.groups : undefined;
  if (fields === undefined) throw new SignatureRejectedError('AUTHORIZATION_MALFORMED');
  const {
    accessKeyId = '',
    date = '',
    region = '',
    service = '',
    signedHeaders = '',
    signature = '',
  } = fields;
  return {
    accessKeyId,
    scope: { date, region, service },
    signedHeaders: signedHeaders.split(';'),
    signature: Buffer.from(signature, 'hex'),
  };
}
