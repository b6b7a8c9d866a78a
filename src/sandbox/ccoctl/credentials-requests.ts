import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseAllDocuments, stringify } from 'yaml';
import * as z from 'zod';

/** A secret that a component of OpenShift needs to call the cloud. */
export interface RequestedSecret {
  readonly namespace: string;
  readonly name: string;
}

type CredentialsPlatform = 'aws' | 'ibmcloud';

/** A subset of the secrets that a real release requests. */
const REQUESTED_SECRETS: Readonly<Record<CredentialsPlatform, readonly RequestedSecret[]>> = {
  aws: [
    { namespace: 'openshift-cloud-network-config-controller', name: 'cloud-credentials' },
    { namespace: 'openshift-cluster-csi-drivers', name: 'ebs-cloud-credentials' },
    { namespace: 'openshift-image-registry', name: 'installer-cloud-credentials' },
    { namespace: 'openshift-ingress-operator', name: 'cloud-credentials' },
    { namespace: 'openshift-machine-api', name: 'aws-cloud-credentials' },
  ],
  ibmcloud: [
    { namespace: 'openshift-cloud-controller-manager', name: 'ibm-cloud-credentials' },
    { namespace: 'openshift-cluster-csi-drivers', name: 'ibm-cloud-credentials' },
    { namespace: 'openshift-image-registry', name: 'installer-cloud-credentials' },
    { namespace: 'openshift-ingress-operator', name: 'cloud-credentials' },
    { namespace: 'openshift-machine-api', name: 'ibmcloud-credentials' },
  ],
};
const PROVIDER_SPECS: Readonly<Record<CredentialsPlatform, string>> = {
  aws: 'AWSProviderSpec',
  ibmcloud: 'IBMCloudProviderSpec',
};

const requestSchema = z.object({
  kind: z.literal('CredentialsRequest'),
  spec: z.object({ secretRef: z.object({ namespace: z.string().min(1), name: z.string().min(1) }) }),
});

/** Writes the CredentialsRequests of the platform, one file each, as `oc adm release extract` does. */
export function extractCredentialsRequests(platform: CredentialsPlatform, folder: string): void {
  mkdirSync(folder, { recursive: true });
  for (const [i, { namespace, name }] of REQUESTED_SECRETS[platform].entries()) {
    const document = {
      apiVersion: 'cloudcredential.openshift.io/v1',
      kind: 'CredentialsRequest',
      metadata: { name: `${namespace}-${platform}`, namespace: 'openshift-cloud-credential-operator' },
      spec: {
        providerSpec: { apiVersion: 'cloudcredential.openshift.io/v1', kind: PROVIDER_SPECS[platform] },
        secretRef: { namespace, name },
      },
    };
    writeFileSync(join(folder, `0000_${50 + i}_${namespace}_credentials-request.yaml`), stringify(document));
  }
}

/** Reads every document of every file, as ccoctl does. @throws ZodError for a document that is not a CredentialsRequest */
export function parseCredentialsRequests(folder: string): RequestedSecret[] {
  return readdirSync(folder)
    .sort()
    .flatMap((name) => parseAllDocuments(readFileSync(join(folder, name), 'utf8')))
    .map((document) => requestSchema.parse(document.toJS()).spec.secretRef);
}
