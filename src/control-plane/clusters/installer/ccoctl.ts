import type { Platform } from '../profiles/profile.ts';

/** What ccoctl is told about a cluster; the name is always the infraID, so that a read-back finds what it made. */
export interface CcoctlTarget {
  readonly platform: Platform;
  readonly infraId: string;
  readonly region: string;
  readonly requestsDir: string;
}

/** Makes service IDs (IBM Cloud), or identity provider, bucket and roles (AWS). @param resourceGroup IBM: limits the policies to it */
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

/** The undo. Several service IDs may have one name after a crash: `--force` removes them all. */
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

/** Reads what the components of a release ask for; `--included` leaves out what this install-config switches off. */
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
