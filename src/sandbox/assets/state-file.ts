import { randomBytes, randomInt, randomUUID } from 'node:crypto';
import * as z from 'zod';
import type { InstallConfig } from './install-config.ts';
import type { InstallDir } from './install-dir.ts';
import { generatePassword, generatePem, hashPassword, issueAdminCertificate } from './secrets.ts';
import { createAuthority } from './x509.ts';

export const INSTALLER_STATE_FILE = '.openshift_install_state.json';
/** Common name of the authority of a cluster. */
export const ROOT_CA = 'root-ca';
const MAX_NAME_LENGTH = 21;
const SUFFIX_LENGTH = 5;
const SUFFIX_ALPHABET = 'bcdfghjklmnpqrstvwxz2456789';

const fileMapSchema = z.record(z.string(), z.string());
const keyPairSchema = z.object({ CertRaw: z.string(), KeyRaw: z.string() });
/** Keys are those of the real installer, so that code that reads secrets from its state file works here too. */
const fullStateSchema = z.object({
  '*installconfig.InstallConfig': z.object({ config: z.looseObject({}) }),
  '*installconfig.ClusterID': z.object({ UUID: z.string(), InfraID: z.string() }),
  '*password.KubeadminPassword': z.object({ Password: z.string(), PasswordHash: z.string() }),
  '*tls.RootCA': keyPairSchema,
  '*tls.AdminKubeConfigClientCertKey': keyPairSchema,
  '*tls.BootstrapSSHKeyPair': z.object({ Priv: z.string(), Pub: z.string() }),
  '*manifests.Manifests': fileMapSchema.optional(),
  '*bootstrap.Bootstrap': fileMapSchema.optional(),
});
const stateSchema = fullStateSchema.partial().required({ '*installconfig.InstallConfig': true });

export type InstallerState = z.infer<typeof stateSchema>;
/** A state with generated identity and secrets, as every command after `create install-config` needs it. */
export type FullState = z.infer<typeof fullStateSchema>;

export function newState(config: InstallConfig): InstallerState {
  return { '*installconfig.InstallConfig': { config } };
}

/** @returns undefined without a state file. @throws ZodError or SyntaxError for a file that the sandbox did not write */
export function loadState(dir: InstallDir): InstallerState | undefined {
  const text = dir.read(INSTALLER_STATE_FILE);
  return text === undefined ? undefined : stateSchema.parse(JSON.parse(text));
}

export async function saveState(dir: InstallDir, state: InstallerState): Promise<void> {
  await dir.write({ [INSTALLER_STATE_FILE]: JSON.stringify(state, null, 4) });
}

/** Generates what is missing. An existing infraID is kept; without a state a NEW one is generated. */
export function completeState(
  state: InstallerState,
  clusterName: string,
): { state: FullState; truncated: boolean } {
  const known = state['*installconfig.ClusterID'];
  const { infraID, truncated } = generateInfraId(clusterName, randomInt);
  return {
    truncated: known === undefined && truncated,
    state: fullStateSchema.parse({
      ...generateSecrets(),
      ...state,
      '*installconfig.ClusterID': known ?? { UUID: randomUUID(), InfraID: infraID },
    }),
  };
}

function generateSecrets() {
  const password = generatePassword();
  const root = createAuthority(ROOT_CA);
  const admin = issueAdminCertificate(root);
  return {
    '*password.KubeadminPassword': { Password: password, PasswordHash: hashPassword(password) },
    '*tls.RootCA': { CertRaw: root.certificate, KeyRaw: root.key },
    '*tls.AdminKubeConfigClientCertKey': { CertRaw: admin.certificate, KeyRaw: admin.key },
    '*tls.BootstrapSSHKeyPair': {
      Priv: generatePem('RSA PRIVATE KEY', 1190),
      Pub: `ssh-rsa ${randomBytes(270).toString('base64')} core`,
    },
  };
}

export interface InfraId {
  readonly infraID: string;
  readonly truncated: boolean;
}

/** The infraID: at most 21 characters of the cluster name, a dash and 5 random characters. */
export function generateInfraId(clusterName: string, randomBelow: (limit: number) => number): InfraId {
  const clean = clusterName.replace(/[^A-Za-z0-9-]/g, '-').replace(/-+/g, '-');
  const base = clean.slice(0, MAX_NAME_LENGTH).replace(/-+$/, '');
  const suffix = Array.from({ length: SUFFIX_LENGTH }, () =>
    SUFFIX_ALPHABET.charAt(randomBelow(SUFFIX_ALPHABET.length)),
  );
  return { infraID: `${base}-${suffix.join('')}`, truncated: clean.length > MAX_NAME_LENGTH };
}
