import { createHash, createHmac } from 'node:crypto';
import type { S3Client } from '@aws-sdk/client-s3';
import { SignatureV4 } from '@smithy/signature-v4';

interface PresignedObject {
  readonly bucket: string;
  readonly name: string;
  readonly expiresSeconds: number;
  readonly now?: Date;
}

const PAYLOAD_HASH = 'x-amz-content-sha256';

/** A URL that reads an object until it, or the credentials that signed it, expire. */
export async function presignGet(
  client: S3Client,
  { bucket, name, expiresSeconds, now = new Date() }: PresignedObject,
): Promise<string> {
  const { protocol, host, path } = await addressOf(client, bucket, name);
  const signer = new SignatureV4({
    service: 's3',
    region: await client.config.region(),
    credentials: await client.config.credentials(),
    sha256: Sha256,
    // S3 uses the path as it is; all other services encode it twice.
    uriEscapePath: false,
    applyChecksum: false,
  });
  const signed = await signer.presign(
    {
      method: 'GET',
      protocol,
      hostname: host,
      path,
      query: {},
      headers: { host, [PAYLOAD_HASH]: 'UNSIGNED-PAYLOAD' },
    },
    {
      expiresIn: expiresSeconds,
      signingDate: now,
      // It tells the signer which payload hash to sign; the reader of the URL does not send it.
      unhoistableHeaders: new Set([PAYLOAD_HASH]),
      unsignableHeaders: new Set([PAYLOAD_HASH]),
    },
  );
  const query = new URLSearchParams(
    Object.entries(signed.query ?? {}).map(([key, value]) => [key, String(value)] as [string, string]),
  );
  return `${protocol}//${host}${path}?${query}`;
}

async function addressOf(client: S3Client, bucket: string, name: string) {
  const { endpoint, forcePathStyle, region } = client.config;
  // Keys consist of characters that need no encoding.
  if (endpoint === undefined) {
    return { protocol: 'https:', host: `${bucket}.s3.${await region()}.amazonaws.com`, path: `/${name}` };
  }
  const { protocol, hostname, port } = await endpoint();
  const host = port === undefined ? hostname : `${hostname}:${port}`;
  return { protocol, host, path: forcePathStyle ? `/${bucket}/${name}` : `/${name}` };
}

/** The hash in the form that the signer expects. */
class Sha256 {
  readonly #hash;
  constructor(secret?: string | ArrayBuffer | ArrayBufferView) {
    this.#hash = secret === undefined ? createHash('sha256') : createHmac('sha256', keyBytes(secret));
  }
  update(data: Uint8Array): void {
    this.#hash.update(data);
  }
  async digest(): Promise<Uint8Array> {
    return this.#hash.digest();
  }
  reset(): void {}
}

function keyBytes(secret: string | ArrayBuffer | ArrayBufferView): string | Uint8Array {
  if (typeof secret === 'string') return secret;
  return ArrayBuffer.isView(secret)
    ? new Uint8Array(secret.buffer, secret.byteOffset, secret.byteLength)
    : new Uint8Array(secret);
}
