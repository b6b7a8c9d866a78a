import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import * as z from 'zod';
import { InstallerError } from './installer-error.ts';

/** The secret through which a component of the cluster gets its credentials. ccoctl names what it creates after it. */
export interface CredentialsSecretRef {
  readonly namespace: string;
  readonly name: string;
}

/** A Kubernetes object name; it becomes part of a file name. */
const objectName = z.string().regex(/^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/);
const secretRef = z.object({ namespace: objectName, name: objectName });
const request = z.object({ kind: z.literal('CredentialsRequest'), spec: z.object({ secretRef }) });

export const secretRefsSchema = z.array(secretRef).min(1);

/** Reads what `oc adm release extract --credentials-requests` wrote. @throws InstallerError CREDENTIALS_REQUESTS_INVALID */
export async function readCredentialsRequests(dir: string): Promise<CredentialsSecretRef[]> {
  const refs: CredentialsSecretRef[] = [];
  for (const name of (await readdir(dir)).sort()) {
    for (const document of parseAllDocuments(await readFile(join(dir, name), 'utf8'))) {
      const value: unknown = document.errors.length > 0 ? undefined : document.toJS();
      if (value === null) continue;
      const parsed = request.safeParse(value);
      if (!parsed.success) {
        throw new InstallerError('CREDENTIALS_REQUESTS_INVALID', `${name} is not a CredentialsRequest`);
      }
      refs.push(parsed.data.spec.secretRef);
    }
  }
  if (refs.length > 0) return refs;
  throw new InstallerError('CREDENTIALS_REQUESTS_INVALID', 'the release has no CredentialsRequests', {
    hint: 'use an oc of the same release as the cluster, or newer',
  });
}

/**
 * Writes requests with which ccoctl finds the same names: enough to delete what it created, from the database alone.
 */
export async function writeCredentialsRequests(
  dir: string,
  refs: readonly CredentialsSecretRef[],
): Promise<void> {
  await mkdir(dir, { recursive: true, mode: 0o700 });
  for (const [i, ref] of refs.entries()) {
    const document = {
      apiVersion: 'cloudcredential.openshift.io/v1',
      kind: 'CredentialsRequest',
      metadata: { name: `request-${i}`, namespace: 'openshift-cloud-credential-operator' },
      spec: { secretRef: ref },
    };
    // JSON is YAML.
    await writeFile(join(dir, `${String(i).padStart(3, '0')}.yaml`), JSON.stringify(document), {
      mode: 0o600,
    });
  }
}
