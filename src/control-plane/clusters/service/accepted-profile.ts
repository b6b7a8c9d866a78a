import { createHash } from 'node:crypto';
import type { Queryable, Tx } from '../../kernel/db/db.ts';
import {
  maskUrlPasswords,
  restoreUrlCredentials,
  type UrlCredentials,
  urlCredentials,
} from '../install-config/url-passwords.ts';
import type { Profile } from '../profiles/profile.ts';
import { manifestsDigest as digestOfManifests, type ProfileManifest } from '../profiles/profile-manifests.ts';
import { getAcceptedProfile, putManifests, putProfile } from '../store/accepted-profiles.sql.ts';
import { type ClusterServices, PROFILE_CREDENTIALS } from './cluster-services.ts';

/** The digests with which a cluster names its profile. */
export interface AcceptedDigests {
  readonly profileDigest: string;
  /** Null: no manifests. */
  readonly manifestsDigest: string | null;
}

/** Keeps the profile that a create is accepted with: its job may run where the profile is another one, or is gone. */
export async function keepProfile(tx: Tx, { manifests = [], ...profile }: Profile): Promise<AcceptedDigests> {
  const content = maskUrlPasswords(profile);
  const profileDigest = `sha256:${createHash('sha256').update(JSON.stringify(content)).digest('hex')}`;
  await tx.query(putProfile, { digest: profileDigest, content });
  if (manifests.length === 0) return { profileDigest, manifestsDigest: null };
  const manifestsDigest = digestOfManifests(manifests);
  await tx.query(putManifests, { digest: manifestsDigest, files: [...manifests] });
  return { profileDigest, manifestsDigest };
}

/** Seals what `keepProfile` has masked, until the cluster is DESTROYED (G15). */
export async function keepProfileCredentials(
  { secrets }: Pick<ClusterServices, 'secrets'>,
  tx: Tx,
  clusterId: string,
  { manifests: _files, ...profile }: Profile,
): Promise<void> {
  const credentials = urlCredentials(profile);
  if (Object.keys(credentials).length === 0) return;
  const text = JSON.stringify(credentials);
  await secrets.put(tx, { ownerId: clusterId, kind: PROFILE_CREDENTIALS }, Buffer.from(text));
}

interface ProfileUser {
  readonly id: string;
  /** The name of its profile. */
  readonly profile: string;
}

/**
 * @returns the profile that a cluster was accepted with, passwords in URLs masked; for a cluster of a server that kept none, the profile
 * of this server
 */
export async function readAcceptedProfile(
  { profiles }: Pick<ClusterServices, 'profiles'>,
  q: Queryable,
  { id, profile: name }: ProfileUser,
): Promise<Profile | undefined> {
  const [kept] = await q.query(getAcceptedProfile, { clusterId: id });
  const profile = (kept?.content ?? profiles.get(name)) as Profile | undefined;
  return profile && { ...profile, manifests: (kept?.files ?? []) as readonly ProfileManifest[] };
}

/** The same with the passwords. */
export async function openAcceptedProfile(
  services: Pick<ClusterServices, 'profiles' | 'secrets'>,
  q: Queryable,
  cluster: ProfileUser,
): Promise<Profile | undefined> {
  const profile = await readAcceptedProfile(services, q, cluster);
  const sealed = await services.secrets.open(q, { ownerId: cluster.id, kind: PROFILE_CREDENTIALS });
  if (profile === undefined || sealed === undefined) return profile;
  return restoreUrlCredentials(profile, JSON.parse(sealed.toString('utf8')) as UrlCredentials) as Profile;
}
