import type { Platform } from '../profiles/profile.ts';

/** Options of ccoctl for a cluster. The name is always the infraID, so that the read-back finds what it created. */
export interface CcoctlTarget {
  readonly platform: Platform;
  readonly infraId: string;
  readonly region: string;
  readonly requestsDir: string;
}

/** Creates service IDs (IBM Cloud), or identity provider, bucket and roles (AWS). @param resourceGroup IBM Cloud: limits the policies to it */
export function ccoctlCreateArgs(
  { platform, infraId, region, requestsDir }: CcoctlTarget,
  outputDir: string,
  resourceGroup: string | undefined,
): string[] {
  const common = [
    `--name=${infraId}`,
    `--credentials-requests-dir=${requestsDir}`,
    `--output-dir=${outputDir}`,
  ];
  if (platform === 'aws') return ['aws', 'create-all', ...common, `--region=${region}`];
  const scope = resourceGroup === undefined ? [] : [`--resource-group-name=${resourceGroup}`];
  return ['ibmcloud', 'create-service-id', ...common, ...scope];
}

/** Deletes them. After a crash several service IDs may have the same name: `--force` deletes them all. */
export function ccoctlDeleteArgs({ platform, infraId, region, requestsDir }: CcoctlTarget): string[] {
  if (platform === 'aws') return ['aws', 'delete', `--name=${infraId}`, `--region=${region}`];
  return [
    'ibmcloud',
    'delete-service-id',
    `--name=${infraId}`,
    `--credentials-requests-dir=${requestsDir}`,
    '--force',
  ];
}

/** Extracts the CredentialsRequests of a release; `--included` omits what this install-config disables. */
export function extractRequestsArgs(files: {
  readonly installConfig: string;
  readonly pullSecret: string;
  readonly releaseImage: string;
  readonly to: string;
}): string[] {
  return [
    'adm',
    'release',
    'extract',
    '--credentials-requests',
    '--included',
    `--install-config=${files.installConfig}`,
    `--registry-config=${files.pullSecret}`,
    `--to=${files.to}`,
    files.releaseImage,
  ];
}
