import { createReadStream } from 'node:fs';
import { systemErrorReason } from '../contract/system-error-hint.ts';
import { UsageError } from './errors/cli-error.ts';

const MIB = 1024 * 1024;
/** What a person writes is smaller. */
const MAX_MIB = 1;
/** Of files that programs write: a kubeconfig of many clusters, a proof. */
export const MAX_MADE_MIB = 16;

/**
 * Reads a file that a flag or an argument names, as far as it may be long: it can be a device without end.
 * @throws UsageError `cannot read FILE: no such file`, or that it is too large
 */
export async function readTextFile(path: string, maxMib = MAX_MIB): Promise<string> {
  try {
    return await readInputText(createReadStream(path, { end: maxMib * MIB }), path, maxMib);
  } catch (error) {
    throw error instanceof UsageError ? error : unreadableFile(path, error);
  }
}

/** @param name of the input, for the error @throws UsageError if it is too large */
export async function readInputText(
  input: AsyncIterable<unknown>,
  name: string,
  maxMib = MAX_MIB,
): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of input) {
    const bytes = Buffer.isBuffer(chunk) ? chunk : Buffer.from(String(chunk));
    length += bytes.length;
    if (length > maxMib * MIB) throw new UsageError(`${name} is larger than ${maxMib} MiB`);
    chunks.push(bytes);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** For a file that is read in another way: in parts, or by the control plane. */
export function unreadableFile(path: string, cause: unknown): UsageError {
  return new UsageError(`cannot read ${path}: ${systemErrorReason(cause)}`, { cause });
}
