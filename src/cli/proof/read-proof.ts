import { createHash, createPublicKey, type KeyObject, verify } from 'node:crypto';
import * as z from 'zod';
import { thrownMessage } from '../../client/api-error.ts';
import {
  DESTROY_PREDICATE,
  type DestroyStatement,
  IN_TOTO_PAYLOAD,
  IN_TOTO_STATEMENT,
} from '../../contract/destroy-proof.ts';
import { type DsseEnvelope, dssePreAuthEncoding } from '../../contract/dsse.ts';
import { CliError, UsageError } from '../errors/cli-error.ts';
import { EXIT } from '../errors/exit-codes.ts';
import { MAX_MADE_MIB, readTextFile } from '../input-file.ts';

/** The specification lets a verifier take both alphabets. */
const base64 = z.string().regex(/^[A-Za-z0-9+/_-]*={0,2}$/);
const envelopeSchema = z.object({
  payloadType: z.string(),
  payload: base64,
  signatures: z.array(z.object({ keyid: z.string().default(''), sig: base64 })).min(1),
});

/** Additional fields are allowed, as in-toto asks of readers. */
const statementSchema: z.ZodType<DestroyStatement> = z.object({
  _type: z.literal(IN_TOTO_STATEMENT),
  subject: z.array(z.object({ name: z.string(), digest: z.object({ sha256: z.string() }) })).min(1),
  predicateType: z.literal(DESTROY_PREDICATE),
  predicate: z.object({
    cluster: z.object({
      id: z.string(),
      name: z.string(),
      platform: z.string(),
      region: z.string(),
      baseDomain: z.string(),
      infraIds: z.array(z.string()),
      createdAt: z.iso.datetime(),
    }),
    orphan: z.object({ infraId: z.string(), clusterId: z.string().nullable() }).optional(),
    cloud: z.object({
      kind: z.string(),
      account: z.string().nullable(),
      hostedZoneAccount: z.string().optional(),
    }),
    destroyedBy: z.object({
      job: z.string(),
      attempt: z.int(),
      requestedBy: z.string(),
      ocpctl: z.string(),
    }),
    uninstall: z.enum(['succeeded', 'failed', 'timed out', 'not needed']),
    readBack: z
      .object({
        startedAt: z.iso.datetime(),
        finishedAt: z.iso.datetime(),
        regions: z.array(z.string()),
        domain: z.string(),
        asked: z.array(
          z.object({
            question: z.string(),
            times: z.int().positive(),
            firstAt: z.iso.datetime(),
            lastAt: z.iso.datetime(),
          }),
        ),
        found: z.array(z.object({ id: z.string(), arn: z.string(), type: z.string(), region: z.string() })),
      })
      .nullable(),
  }),
});

/** @throws UsageError when the file cannot be read or is not a DSSE envelope */
export async function readEnvelope(file: string): Promise<DsseEnvelope> {
  const parsed = envelopeSchema.safeParse(parseJson(await readTextFile(file, MAX_MADE_MIB)));
  if (parsed.success) return parsed.data;
  throw new UsageError(`${file} is not a DSSE envelope`, { hint: "'ocpctl get NAME --proof' prints one" });
}

/** @throws UsageError when the text is not an Ed25519 public key in PEM */
export function parsePublicKey(pem: string): { readonly key: KeyObject; readonly id: string } {
  try {
    // createPublicKey would also take a private key or a certificate.
    if (!pem.includes('-----BEGIN PUBLIC KEY-----'))
      throw new TypeError('there is no BEGIN PUBLIC KEY in it');
    const key = createPublicKey(pem);
    if (key.asymmetricKeyType !== 'ed25519') throw new TypeError(`it is of type ${key.asymmetricKeyType}`);
    const der = key.export({ type: 'spki', format: 'der' });
    return { key, id: createHash('sha256').update(der).digest('hex').slice(0, 16) };
  } catch (error) {
    throw new UsageError(`the key is not an Ed25519 public key in PEM: ${thrownMessage(error)}`, {
      hint: "'ocpctl proof key' prints the key of a server",
    });
  }
}

/**
 * Verifies the signature before anything in the document is read. The key id in the envelope is not signed, so it decides nothing.
 * @throws CliError PROOF_INVALID
 */
export function verifyDestroyProof(
  { payloadType, payload, signatures }: DsseEnvelope,
  key: KeyObject,
  clusterId?: string,
): DestroyStatement {
  const content = Buffer.from(payload, 'base64');
  const signed = dssePreAuthEncoding(payloadType, content);
  if (!signatures.some(({ sig }) => verify(null, signed, key, Buffer.from(sig, 'base64'))))
    throw invalid('it was changed, or signed with another key');
  if (payloadType !== IN_TOTO_PAYLOAD) throw invalid(`its payload is ${payloadType}, not ${IN_TOTO_PAYLOAD}`);
  const statement = statementSchema.safeParse(parseJson(content.toString('utf8')));
  if (!statement.success) throw invalid('it is signed, but it does not state that a cluster was destroyed');
  const fault = contradictionOf(statement.data);
  if (fault !== undefined) throw invalid(fault);
  const { id } = statement.data.predicate.cluster;
  if (clusterId !== undefined && id !== clusterId) throw invalid(`it is about ${id}, not ${clusterId}`);
  return statement.data;
}

/** @returns why a signed statement does not say that nothing is left */
function contradictionOf({ subject, predicate }: DestroyStatement): string | undefined {
  const { cluster, cloud, readBack } = predicate;
  const digest = createHash('sha256').update(cluster.id).digest('hex');
  if (!subject.some(({ name, digest: { sha256 } }) => name === cluster.id && sha256 === digest))
    return `it does not name ${cluster.id} as its subject`;
  if (readBack === null)
    return cluster.infraIds.length > 0 ? 'it has an infraID, but the cloud was not asked' : undefined;
  if (readBack.found.length > 0) return `it states that ${readBack.found.length} resources were left`;
  if (readBack.asked.length === 0) return 'it states that the cloud was asked nothing';
  const { hostedZoneAccount: zones } = cloud;
  if (zones !== undefined && !readBack.asked.some(({ question }) => question.endsWith(`in account ${zones}`)))
    return `it states that account ${zones} was asked nothing`;
  return readBack.finishedAt < readBack.startedAt ? 'its read-back ended before it began' : undefined;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const invalid = (why: string) =>
  new CliError('PROOF_INVALID', `the proof is not valid: ${why}`, {
    exitCode: EXIT.problemsFound,
    hint: "compare the key with that of 'ocpctl proof key', and get the proof again with 'ocpctl get NAME --proof'",
  });
