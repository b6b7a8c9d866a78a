import { isObject } from '../../../contract/documents.ts';

/** @returns why the installer would reject a pull secret, or undefined. Messages never contain any of it. */
export function pullSecretFault(text: string): string | undefined {
  const auths = authsOf(text);
  if (auths === 'not JSON') return 'is not JSON';
  if (auths === undefined || Object.keys(auths).length === 0)
    return 'must have at least one entry in "auths"';
  const incomplete = Object.values(auths).some(
    (auth) => !isObject(auth) || !('auth' in auth || 'credsStore' in auth),
  );
  return incomplete ? 'has an entry with neither "auth" nor "credsStore"' : undefined;
}

/** Where the images of a release are. */
const RELEASE_REGISTRY = 'quay.io';

/**
 * @param releaseImage the image that replaces the installer's own (OPENSHIFT_INSTALL_RELEASE_IMAGE_OVERRIDE)
 * @returns why the machines of a cluster could not pull the release with a pull secret that the installer accepts, or undefined
 */
export function releaseRegistryFault(text: string, releaseImage: string | undefined): string | undefined {
  const registry = releaseImage?.split('/')[0] ?? RELEASE_REGISTRY;
  const auths = authsOf(text);
  if (auths === undefined || auths === 'not JSON') return undefined;
  const entries = Object.entries(auths).filter(([key]) => registryOf(key) === registry);
  if (entries.length === 0) return `has no entry for ${registry}, the registry of the release images`;
  const usable = entries.some(([, entry]) => isObject(entry) && isCredential(entry['auth']));
  return usable ? undefined : `has an entry for ${registry} whose "auth" is not base64 of USER:PASSWORD`;
}

function authsOf(text: string): Record<string, unknown> | 'not JSON' | undefined {
  try {
    const parsed: unknown = JSON.parse(text);
    const auths = isObject(parsed) ? parsed['auths'] : undefined;
    return isObject(auths) ? auths : undefined;
  } catch {
    return 'not JSON';
  }
}

/** Keys are `quay.io`, `quay.io/namespace` or, as docker writes them, `https://quay.io/v1/`. */
function registryOf(key: string): string | undefined {
  return key.replace(/^https?:\/\//, '').split('/')[0];
}

function isCredential(auth: unknown): boolean {
  return typeof auth === 'string' && /^[^:]+:./s.test(Buffer.from(auth, 'base64').toString('utf8'));
}
