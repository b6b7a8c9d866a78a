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

/** Validates SSH public keys, one per line. Messages never contain the given text. */
export function sshKeyProblems(text: string | undefined, fipsMode: boolean): FieldProblem[] {
  if (text === undefined) return [];
  const allowed = Object.keys(TYPES).filter((type) => !fipsMode || TYPES[type]?.fips === true);
  const problem = (code: string, message: string): FieldProblem[] => [
    { field: 'sshPublicKey', code, message, allowed },
  ];
  if (/PRIVATE KEY/.test(text)) {
    return problem('INVALID_FORMAT', 'this is a private key; send the public key from the .pub file');
  }
  if (text.length > MAX_LENGTH) {
    return problem('INVALID_FORMAT', `must have at most ${MAX_LENGTH} characters`);
  }
  if (/(?![\r\n\t])[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u.test(text)) {
    return problem('INVALID_FORMAT', 'contains control or format characters');
  }
  const lines = text.split(/\r?\n/).filter((line) => line.trim() !== '' && !line.trim().startsWith('#'));
  if (lines.length === 0) return problem('INVALID_FORMAT', 'contains no key; omit the field instead');
  for (const [index, line] of lines.entries()) {
    const type = publicKeyType(line);
    const where = lines.length === 1 ? 'this' : `line ${index + 1}`;
    if (type === undefined)
      return problem('INVALID_FORMAT', `${where} is not a valid SSH public key (TYPE BASE64 COMMENT)`);
    if (!allowed.includes(type)) {
      const why = fipsMode ? 'is not allowed in FIPS mode' : 'is not supported';
      return problem('NOT_ALLOWED', `a key of type ${type} ${why}`);
    }
  }
  return [];
}

/**
 * Parses one line of `authorized_keys`, with or without options in front.
 * @returns the key type, or undefined unless the base64 part is a complete key of that type (RFC 4253 §6.6)
 */
export function publicKeyType(line: string): string | undefined {
  const words = line.trim().split(/[ \t]+/);
  for (const [index, type] of words.entries()) {
    const encoded = words[index + 1];
    if (encoded === undefined || !/^[A-Za-z0-9+/]+={0,2}$/.test(encoded)) continue;
    const fields = wireFields(Buffer.from(encoded, 'base64'));
    if (fields !== undefined && fields[0]?.toString('latin1') === type && hasKeyOf(type, fields)) return type;
  }
  return undefined;
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
  return fields.length >= 2 && fields.slice(1).every((field) => field.length > 0);
}
