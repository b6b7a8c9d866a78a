import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
  sign,
} from 'node:crypto';
import { isIP } from 'node:net';

/** A certificate and its private key in PEM format. */
export interface CertifiedKey {
  readonly certificate: string;
  readonly key: string;
}

/** An authority that issues certificates, as it is stored. */
export interface Authority extends CertifiedKey {
  readonly commonName: string;
}

export interface LeafRequest {
  readonly commonName: string;
  /** A client certificate names the groups of the user here. */
  readonly organizations?: readonly string[];
  readonly usage: 'server' | 'client';
  /** DNS names and IPv4 addresses of a server. */
  readonly names?: readonly string[];
}

const YEARS = 10;
const OID = {
  commonName: '2.5.4.3',
  organization: '2.5.4.10',
  ecdsaWithSha256: '1.2.840.10045.4.3.2',
  subjectKeyId: '2.5.29.14',
  keyUsage: '2.5.29.15',
  subjectAltName: '2.5.29.17',
  basicConstraints: '2.5.29.19',
  authorityKeyId: '2.5.29.35',
  extendedKeyUsage: '2.5.29.37',
  server: '1.3.6.1.5.5.7.3.1',
  client: '1.3.6.1.5.5.7.3.2',
} as const;
/** First byte of the two key usages: digitalSignature; digitalSignature, keyCertSign and cRLSign. */
const KEY_USAGE = { leaf: [7, 0x80], authority: [1, 0x86] } as const;

/** A new authority with a self-signed certificate (P-256, 10 years). Node has no API that makes certificates. */
export function createAuthority(commonName: string, now = new Date()): Authority {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const extensions = [
    extension(OID.basicConstraints, sequence(tlv(0x01, Buffer.from([0xff]))), true),
    extension(OID.keyUsage, tlv(0x03, Buffer.from(KEY_USAGE.authority)), true),
    extension(OID.subjectKeyId, tlv(0x04, keyIdOf(publicKey))),
  ];
  const subject = nameOf(commonName, []);
  const certificate = issue({ subject, issuer: subject, publicKey, signedWith: privateKey, extensions, now });
  return { commonName, certificate, key: pemOf(privateKey) };
}

/** A key and a certificate for it, signed by the authority. */
export function issueCertificate(
  authority: Authority,
  { commonName, organizations = [], usage, names = [] }: LeafRequest,
  now = new Date(),
): CertifiedKey {
  const signer = createPrivateKey(authority.key);
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const extensions = [
    extension(OID.keyUsage, tlv(0x03, Buffer.from(KEY_USAGE.leaf)), true),
    extension(OID.extendedKeyUsage, sequence(oid(OID[usage]))),
    extension(OID.authorityKeyId, sequence(tlv(0x80, keyIdOf(signer)))),
    ...(names.length === 0 ? [] : [extension(OID.subjectAltName, sequence(...names.map(alternativeName)))]),
  ];
  const certificate = issue({
    subject: nameOf(commonName, organizations),
    issuer: nameOf(authority.commonName, []),
    publicKey,
    signedWith: signer,
    extensions,
    now,
  });
  return { certificate, key: pemOf(privateKey) };
}

interface Certificate {
  readonly subject: Buffer;
  readonly issuer: Buffer;
  readonly publicKey: KeyObject;
  readonly signedWith: KeyObject;
  readonly extensions: readonly Buffer[];
  readonly now: Date;
}

/** RFC 5280, 4.1: version 3, a random serial number, valid from an hour ago. */
function issue({ subject, issuer, publicKey, signedWith, extensions, now }: Certificate): string {
  const algorithm = sequence(oid(OID.ecdsaWithSha256));
  const from = new Date(now.getTime() - 3_600_000);
  const until = new Date(now);
  until.setUTCFullYear(until.getUTCFullYear() + YEARS);
  const serial = randomBytes(16);
  serial.writeUInt8((serial.readUInt8(0) & 0x7f) | 0x40, 0);
  const body = sequence(
    tlv(0xa0, tlv(0x02, Buffer.from([2]))),
    tlv(0x02, serial),
    algorithm,
    issuer,
    sequence(generalizedTime(from), generalizedTime(until)),
    subject,
    publicKey.export({ format: 'der', type: 'spki' }),
    tlv(0xa3, sequence(...extensions)),
  );
  const signature = sign('sha256', body, signedWith);
  const der = sequence(body, algorithm, tlv(0x03, Buffer.concat([Buffer.from([0]), signature])));
  const lines = der.toString('base64').match(/.{1,64}/g) ?? [];
  return ['-----BEGIN CERTIFICATE-----', ...lines, '-----END CERTIFICATE-----', ''].join('\n');
}

function nameOf(commonName: string, organizations: readonly string[]): Buffer {
  const part = (type: string, value: string) => tlv(0x31, sequence(oid(type), tlv(0x0c, Buffer.from(value))));
  return sequence(
    ...organizations.map((name) => part(OID.organization, name)),
    part(OID.commonName, commonName),
  );
}

function alternativeName(name: string): Buffer {
  return isIP(name) === 4
    ? tlv(0x87, Buffer.from(name.split('.').map(Number)))
    : tlv(0x82, Buffer.from(name));
}

function extension(type: string, value: Buffer, critical = false): Buffer {
  const flag = critical ? [tlv(0x01, Buffer.from([0xff]))] : [];
  return sequence(oid(type), ...flag, tlv(0x04, value));
}

/** RFC 7093: a hash of the public key. OpenSSL takes an authority and its leaf as a pair by it. */
function keyIdOf(key: KeyObject): Buffer {
  const publicKey = key.type === 'private' ? createPublicKey(key) : key;
  // Not as JWK: Node 20 holds a lock of the key while it makes the strings, and a garbage collection then can wait for that lock for ever.
  const spki = publicKey.export({ format: 'der', type: 'spki' });
  return createHash('sha256').update(spki).digest().subarray(0, 20);
}

function generalizedTime(at: Date): Buffer {
  const text = at.toISOString().replace(/[-:T]|\.\d{3}/g, '');
  // RFC 5280, 4.1.2.5: years before 2050 have two digits.
  return at.getUTCFullYear() < 2050 ? tlv(0x17, Buffer.from(text.slice(2))) : tlv(0x18, Buffer.from(text));
}

function oid(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number);
  const bytes = [first * 40 + second];
  for (const arc of rest) {
    const digits = [arc & 0x7f];
    for (let left = arc >>> 7; left > 0; left >>>= 7) digits.unshift((left & 0x7f) | 0x80);
    bytes.push(...digits);
  }
  return tlv(0x06, Buffer.from(bytes));
}

function sequence(...parts: readonly Buffer[]): Buffer {
  return tlv(0x30, Buffer.concat(parts));
}

/** One element of DER: tag, length, value. */
function tlv(tag: number, value: Buffer): Buffer {
  const { length } = value;
  if (length < 0x80) return Buffer.concat([Buffer.from([tag, length]), value]);
  const digits: number[] = [];
  for (let left = length; left > 0; left >>>= 8) digits.unshift(left & 0xff);
  return Buffer.concat([Buffer.from([tag, 0x80 | digits.length, ...digits]), value]);
}

function pemOf(key: KeyObject): string {
  return key.export({ format: 'pem', type: 'sec1' }).toString();
}
