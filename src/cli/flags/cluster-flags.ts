import { boolean, string } from '@oclif/core/flags';

/** Of `-f`, for commands that create a cluster. */
export const CLUSTER_FILE_FLAG = {
  char: 'f',
  description: 'File with the fields of the cluster (YAML or JSON), which flags override',
  helpValue: 'FILE',
} as const;

/** What a cluster is requested with. */
export const CLUSTER_FLAGS = {
  profile: string({
    description: "Cluster profile (required); 'ocpctl profiles list' shows them",
    helpValue: 'NAME',
  }),
  name: string({ description: 'Name of the cluster, instead of the argument', helpValue: 'NAME' }),
  version: string({ description: 'OpenShift version (default: from the profile)', helpValue: 'VERSION' }),
  region: string({ description: 'Cloud region (default: from the profile)', helpValue: 'REGION' }),
  'base-domain': string({ description: 'Base domain (default: from the profile)', helpValue: 'DOMAIN' }),
  workers: string({
    description: "Number of workers, within the profile's bounds (default: from the profile)",
    helpValue: 'N',
  }),
  ttl: string({
    description: 'Time until the cluster expires, for example 8h or 3d (default: from the profile)',
    helpValue: 'DURATION',
  }),
  team: string({ description: 'Team that owns the cluster (default: your team)', helpValue: 'TEAM' }),
  owner: string({ description: 'Owner of the cluster (default: you)', helpValue: 'NAME' }),
  'cost-center': string({ description: 'Cost center (default: the team)', helpValue: 'NAME' }),
  tag: string({
    description: 'Tag for all cloud resources of the cluster, on AWS only; can be repeated',
    helpValue: 'KEY=VALUE',
    multiple: true,
    multipleNonGreedy: true,
  }),
  set: string({
    description:
      "Field of the install-config that the profile permits to set; numbers, true and false are read as YAML; can be repeated. 'ocpctl profiles get' shows the fields",
    helpValue: 'KEY=VALUE',
    multiple: true,
    multipleNonGreedy: true,
  }),
  'ssh-public-key': string({ description: 'SSH public key for the nodes', helpValue: 'FILE' }),
  offhours: boolean({
    description:
      "Have no workers outside of the working hours of the team; 'ocpctl offhours show TEAM' shows them",
  }),
};
