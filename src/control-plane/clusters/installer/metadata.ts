import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { ifExists } from '../../kernel/errors.ts';
import { InstallerError } from './installer-error.ts';

const endpoints = z.array(z.object({ name: z.string(), url: z.string() }));
// In the file's own order, so that a parsed document is written back as it was.
const head = { clusterName: z.string(), clusterID: z.string(), infraID: z.string().min(1) };
const tail = { featureSet: z.string().optional(), customFeatureSet: z.unknown().optional() };

const awsMetadata = z.object({
  ...head,
  aws: z.object({
    region: z.string().min(1),
    serviceEndpoints: endpoints.optional(),
    /** A resource belongs to the cluster when it has all tags of one of these maps. */
    identifier: z.array(z.record(z.string(), z.string())).min(1),
    clusterDomain: z.string().default(''),
    hostedZoneRole: z.string().optional(),
  }),
  ...tail,
});

const ibmcloudMetadata = z.object({
  ...head,
  ibmcloud: z.object({
    accountID: z.string().default(''),
    baseDomain: z.string().default(''),
    cisInstanceCRN: z.string().optional(),
    dnsInstanceID: z.string().optional(),
    region: z.string().optional(),
    resourceGroupName: z.string().optional(),
    serviceEndpoints: endpoints.optional(),
    subnets: z.array(z.string()).optional(),
    vpc: z.string().optional(),
  }),
  ...tail,
});

/** The installer's `metadata.json`, the same from 4.16 to 4.20; destroy reads nothing else. */
export const metadataSchema = z.union([awsMetadata, ibmcloudMetadata]);
export type InstallMetadata = z.infer<typeof metadataSchema>;

export const METADATA_FILE = 'metadata.json';
export const STATE_FILE = '.openshift_install_state.json';

/** Reads `metadata.json` of an install directory. @throws InstallerError METADATA_MISSING, METADATA_INVALID */
export async function readMetadata(dir: string): Promise<InstallMetadata> {
  const text = await ifExists(readFile(join(dir, METADATA_FILE), 'utf8'));
  if (text === undefined) {
    throw new InstallerError('METADATA_MISSING', 'no metadata.json in the install directory');
  }
  return parseMetadata(text);
}

/** @throws InstallerError METADATA_INVALID, naming the fields */
export function parseMetadata(text: string): InstallMetadata {
  const parsed = metadataSchema.safeParse(parseJson(text, 'METADATA_INVALID', METADATA_FILE));
  if (parsed.success) return parsed.data;
  const reason = parsed.error.issues
    .map((issue) => `${issue.path.join('.') || 'document'}: ${issue.message}`)
    .join('; ');
  throw new InstallerError('METADATA_INVALID', `invalid metadata.json for AWS or IBM Cloud (${reason})`);
}

export interface InfraIdentity {
  readonly infraId: string;
  /** The installer's UUID of the cluster; empty in a hand-made file. */
  readonly clusterUuid: string;
}

// All other assets of the state file are secrets and are not read.
const stateSchema = z.object({
  '*installconfig.ClusterID': z
    .object({ InfraID: z.string().min(1), UUID: z.string().default('') })
    .optional(),
});

/**
 * The infraID of an install directory: from `metadata.json`, or from the state file before that exists.
 * @returns undefined when the installer has not chosen one yet. @throws InstallerError METADATA_INVALID, STATE_FILE_INVALID
 */
export async function infraIdOf(dir: string): Promise<InfraIdentity | undefined> {
  const text = await ifExists(readFile(join(dir, METADATA_FILE), 'utf8'));
  if (text !== undefined) {
    const { infraID, clusterID } = parseMetadata(text);
    return { infraId: infraID, clusterUuid: clusterID };
  }
  const state = await ifExists(readFile(join(dir, STATE_FILE), 'utf8'));
  if (state === undefined) return undefined;
  const parsed = stateSchema.safeParse(parseJson(state, 'STATE_FILE_INVALID', STATE_FILE));
  if (!parsed.success) {
    throw new InstallerError('STATE_FILE_INVALID', `${STATE_FILE} has an unexpected ClusterID`);
  }
  const id = parsed.data['*installconfig.ClusterID'];
  return id && { infraId: id.InfraID, clusterUuid: id.UUID };
}

/** JSON.parse quotes the text in its message, and the state file has secrets: its error is not passed on. */
function parseJson(text: string, code: 'METADATA_INVALID' | 'STATE_FILE_INVALID', name: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new InstallerError(code, `${name} is not JSON (${text.length} characters)`);
  }
}
