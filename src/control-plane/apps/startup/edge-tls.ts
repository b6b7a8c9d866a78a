import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import type { Infrastructure } from '../../kernel/api/infrastructure.ts';
import { systemClock } from '../../kernel/clock.ts';
import { SetupError } from '../../kernel/errors.ts';
import type { StoredAuthority } from '../edge/tls/certificate-authority.ts';
import type { EdgeTls } from '../edge/tls/edge-tls.ts';
import type { AppConfig } from '../settings/app-settings.ts';
import { lockEdgeAuthority } from '../store/edge-authority.sql.ts';

type TlsConfig = Pick<AppConfig, 'edgeTls' | 'edgeTlsCert' | 'edgeTlsKey' | 'dataDir'>;
type Storage = Pick<Infrastructure, 'db' | 'secrets' | 'log'>;

const AUTHORITY_SECRET = { ownerId: 'edge', kind: 'authority' };
const AUTHORITY_FILE = 'edge-ca.pem';
const POLL_MS = 60_000;

const storedSchema = z.object({ cert: z.string(), key: z.string() });

/** @returns undefined for plain HTTP @throws SetupError for settings that do not fit together */
export async function openEdgeTls(config: TlsConfig, storage: Storage): Promise<EdgeTls | undefined> {
  const { edgeTls, edgeTlsCert: certFile, edgeTlsKey: keyFile } = config;
  if (edgeTls === 'off') return undefined;
  if (edgeTls === 'internal') return await openInternal(config, storage);
  if (certFile === undefined || keyFile === undefined)
    throw new SetupError('OCPCTL_EDGE_TLS=files needs a certificate and its key', {
      hint: 'set OCPCTL_EDGE_TLS_CERT and OCPCTL_EDGE_TLS_KEY',
    });
  return { kind: 'files', files: { certFile, keyFile }, pollMs: POLL_MS };
}

async function openInternal({ dataDir }: TlsConfig, storage: Storage): Promise<EdgeTls> {
  // Loaded only where it is used: it brings a library for certificates.
  const { createInternalCa, openInternalCa } = await import('../edge/tls/internal-ca.ts');
  const stored = await ensureAuthority(storage, () => createInternalCa('ocpctl edge', systemClock));
  const file = join(dataDir, AUTHORITY_FILE);
  await mkdir(dataDir, { recursive: true });
  await writeFile(file, stored.cert);
  storage.log.info({ file }, 'clients of the edge have to trust this certificate');
  return { kind: 'internal', authority: await openInternalCa(stored, systemClock) };
}

/** One for all edges, sealed like every secret. */
async function ensureAuthority(
  { db, secrets }: Storage,
  create: () => Promise<StoredAuthority>,
): Promise<StoredAuthority> {
  return await db.tx(async (tx) => {
    await tx.query(lockEdgeAuthority, {});
    const known = await secrets.open(tx, AUTHORITY_SECRET);
    if (known !== undefined) return storedSchema.parse(JSON.parse(known.toString('utf8')));
    const created = await create();
    await secrets.put(tx, AUTHORITY_SECRET, Buffer.from(JSON.stringify(created)));
    return created;
  });
}
