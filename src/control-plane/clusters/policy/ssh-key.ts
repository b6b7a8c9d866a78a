import { keyLines } from '../../../contract/authorized-keys.ts';
import type { FieldProblem } from '../../../contract/error-codes.ts';

/** Key types that a node's sshd accepts. With FIPS the installer accepts RSA and ECDSA only. */
const TYPES: Readonly<Record<string, { readonly fips: boolean }>> = {
  'ssh-rsa': { fips: true },
  'ecdsa-sha2-nistp256': { fips: true },
  'ecdsa-sha2-nistp384': { fips: true },
  'ecdsa-sha2-nistp521': { fips: true },
  'ssh-ed25519': { fips: false },
  'sk-ssh-ed25519@openssh.com': { fips: false },
  'sk-ecdsa-sha2-nistp256@openssh.com': { fips: false },
};
const MAX_LENGTH = 16_384;

/** The RSA key length below which sshd of RHEL 9 ignores a key (`RequiredRSASize 2048` of the crypto policy). */
const MIN_RSA_BITS = 2048;

/**
 * Validates SSH public keys as OpenSSH reads a file of them: one per line; blank lines and comments do not count. Messages never
 * contain the given text.
 */
export function sshKeyProblems(text: string | undefined, fipsMode: boolean): FieldProblem[] {
  if (text === undefined) return [];
  const allowed = Object.keys(TYPES).filter((type) => !fipsMode || TYPES[type]?.fips === true);
  const problem = (code: string, message: string): FieldProblem[] => [
    { field: 'sshPublicKey', code, message, allowed },
  ];
  if (/PRIVATE KEY/.test(text)) {
    return problem('INVALID_FORMAT', 'this is a private key; send the public key from the .pub file');
  }
  if (/BEGIN SSH2 PUBLIC KEY/.test(text)) {
    return problem(
      'INVALID_FORMAT',
      'this is an RFC 4716 (PuTTY) key; convert it with ssh-keygen -i -f FILE',
    );
  }
  if (text.length > MAX_LENGTH) {
    return problem('INVALID_FORMAT', `must have at most ${MAX_LENGTH} characters`);
  }
  if (/(?![\r\n\t])[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u.test(text)) {
    return problem('INVALID_FORMAT', 'contains control or format characters');
  }
  const lines = keyLines(text);
  if (lines.length === 0) return problem('INVALID_FORMAT', 'contains no key; omit the field instead');
  for (const [index, line] of lines.entries()) {
    const fault = keyLineFault(line, fipsMode);
    if (fault === undefined) continue;
    const where = lines.length === 1 ? 'the key' : `key ${index + 1} of ${lines.length}`;
    return problem(fault.code, `${where} ${fault.message}`);
  }
  return [];
}

/** @returns why a node's sshd would not use a line, or undefined; `message` continues a sentence about the key */
export function keyLineFault(
  line: string,
  fipsMode: boolean,
): { readonly code: 'INVALID_FORMAT' | 'NOT_ALLOWED'; readonly message: string } | undefined {
  const key = publicKey(line);
  if (key === undefined) {
    return { code: 'INVALID_FORMAT', message: 'is not a valid SSH public key (TYPE BASE64 COMMENT)' };
  }
  const known = Object.hasOwn(TYPES, key.type) ? TYPES[key.type] : undefined;
  if (known === undefined)
    return { code: 'NOT_ALLOWED', message: `has type ${key.type}, which is not supported` };
  if (fipsMode && !known.fips) {
    return { code: 'NOT_ALLOWED', message: `has type ${key.type}, which is not allowed in FIPS mode` };
  }
  if (key.type === 'ssh-rsa' && key.bits < MIN_RSA_BITS) {
    return { code: 'NOT_ALLOWED', message: `has ${key.bits} bits; RSA keys need at least ${MIN_RSA_BITS}` };
  }
  return undefined;
}

/** Options of a line of `authorized_keys` (sshd(8)); sshd ignores a key with any other. */
const FLAG =
  '(?:no-)?(?:agent-forwarding|port-forwarding|pty|user-rc|x11-forwarding)|no-touch-required|verify-required|restrict|cert-authority';
const SETTING = 'command|environment|expiry-time|from|permitlisten|permitopen|principals|tunnel';
const OPTION = `(?:${FLAG}|(?:${SETTING})="(?:[^"\\\\]|\\\\.)*")`;
const OPTIONS = new RegExp(`^${OPTION}(?:,${OPTION})*[ \\t]+`, 'i');

/**
 * Parses one line of `authorized_keys`, with or without options in front.
 * @returns undefined unless the base64 part is a complete key of the type before it (RFC 4253 §6.6)
 */
function publicKey(line: string): { readonly type: string; readonly bits: number } | undefined {
  const text = line.trim();
  return keyOf(text) ?? keyOf(text.replace(OPTIONS, ''));
}

function keyOf(text: string): { readonly type: string; readonly bits: number } | undefined {
  const [type = '', encoded = ''] = text.split(/[ \t]+/, 2);
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(encoded)) return undefined;
  const fields = wireFields(Buffer.from(encoded, 'base64'));
  if (fields === undefined || fields[0]?.toString('latin1') !== type || !hasKeyOf(type, fields))
    return undefined;
  return { type, bits: bitsOf(fields.at(-1) ?? Buffer.alloc(0)) };
}

/** Splits the wire format: each field is a 32-bit big-endian length followed by that number of bytes. */
function wireFields(blob: Buffer): Buffer[] | undefined {
  const fields: Buffer[] = [];
  let offset = 0;
  while (offset + 4 <= blob.length) {
    const end = offset + 4 + blob.readUInt32BE(offset);
    if (end > blob.length) return undefined;
    fields.push(blob.subarray(offset + 4, end));
    offset = end;
  }
  return offset === blob.length ? fields : undefined;
}

function hasKeyOf(type: string, fields: readonly Buffer[]): boolean {
  if (type === 'ssh-ed25519') return fields.length === 2 && fields[1]?.length === 32;
  const curve = /^(?:sk-)?ecdsa-sha2-(nistp\d{3})/.exec(type)?.[1];
  if (curve !== undefined && fields[1]?.toString('latin1') !== curve) return false;
  return fields.length >= 2 && fields.slice(1).every((field) => field.length > 0);
}

/** @returns the length of an unsigned number, such as the modulus of an RSA key (its last field) */
function bitsOf(number: Buffer): number {
  const first = number.findIndex((byte) => byte !== 0);
  if (first < 0) return 0;
  return (number.length - first) * 8 - Math.clz32(number[first] ?? 0) + 24;
}
