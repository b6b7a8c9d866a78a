import { lstatSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { constants, gunzipSync } from 'node:zlib';

/** A secret that must be nowhere, and what to call it. */
export interface KnownSecret {
  readonly name: string;
  readonly value: string;
}

/** Something that a lifecycle left behind. */
export interface ScannedContent {
  readonly where: string;
  readonly bytes: Buffer;
}

/** The forms in which a value can hide; written out apart from the product's own list, on purpose. */
function encodingsOf(value: string): Map<string, string> {
  const json = JSON.stringify(value).slice(1, -1);
  const base64 = Buffer.from(value).toString('base64');
  const inside = (shift: number) =>
    Buffer.from('\0'.repeat(shift) + value)
      .toString('base64')
      .slice(4, -4);
  return new Map([
    ['plain', value],
    ['JSON', json],
    ['JSON in JSON', JSON.stringify(json).slice(1, -1)],
    ['URL', encodeURIComponent(value)],
    ['base64', base64.replace(/=+$/, '')],
    ['base64url', Buffer.from(value).toString('base64url')],
    ['base64, one byte in', inside(1)],
    ['base64, two bytes in', inside(2)],
    ['hex', Buffer.from(value).toString('hex')],
  ] as [string, string][]);
}

/** @returns each location of a secret that was found, as `location: secret (form)`. */
export function findSecrets(secrets: readonly KnownSecret[], contents: readonly ScannedContent[]): string[] {
  return contents.flatMap(({ where, bytes }) =>
    secrets.flatMap(({ name, value }) =>
      [...encodingsOf(value)]
        .filter(([, text]) => text.length >= 8 && bytes.includes(text))
        .map(([form]) => `${where}: ${name} (${form})`),
    ),
  );
}

/** Every file below a folder, and what is packed in it with gzip. */
export function scanFiles(folder: string, except: (path: string) => boolean = () => false): ScannedContent[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => join(folder, name))
    .filter((path) => lstatSync(path).isFile() && !except(path))
    .flatMap((path) => {
      const bytes = readFileSync(path);
      const names = { where: `${path} (its name)`, bytes: Buffer.from(path) };
      const packed =
        bytes[0] === 0x1f && bytes[1] === 0x8b ? [{ where: `${path} (unpacked)`, bytes: unpack(bytes) }] : [];
      return [names, { where: path, bytes }, ...packed];
    });
}

/** What is larger than a part of the artifact store has its beginning in the first file, and only that. */
function unpack(bytes: Buffer): Buffer {
  return gunzipSync(bytes, { finishFlush: constants.Z_SYNC_FLUSH });
}

/** The long unbroken runs of the private parts of a kubeconfig: keys, decoded as well. */
export function privateKeysIn(kubeconfig: string): string[] {
  return [...kubeconfig.matchAll(/client-key-data:\s*"?([A-Za-z0-9+/=]+)/g)].flatMap(([, encoded = '']) => {
    const pem = Buffer.from(encoded, 'base64').toString('utf8');
    const line = pem.split('\n').find((part) => /^[A-Za-z0-9+/=]{40,}$/.test(part)) ?? '';
    return [encoded.slice(40, 120), line.slice(0, 60)];
  });
}
