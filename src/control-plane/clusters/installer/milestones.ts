import type { LogRecord } from './log-record.ts';

export interface MilestoneRule {
  readonly id: string;
  readonly title: string;
  /** Matches the message; texts of 4.16 to 4.20, several where they differ. */
  readonly pattern: RegExp;
  /** Share of a typical run that is over when this line appears, 0 to 1 (measured on installs of 33, 41 and 54 minutes). */
  readonly fraction: number;
}

export const CREATE_MILESTONES: readonly MilestoneRule[] = [
  { id: 'credentials', title: 'Credentials loaded', pattern: /^Credentials loaded from /, fraction: 0 },
  {
    id: 'inputs',
    title: 'Inputs read',
    pattern: /^Consuming .+ from target directory/,
    fraction: 0.005,
  },
  {
    id: 'infrastructure',
    title: 'Creating infrastructure',
    pattern: /^Creating infrastructure resources\.\.\./,
    fraction: 0.01,
  },
  {
    id: 'iam-roles',
    title: 'Creating IAM roles',
    pattern: /^(?:Reconciling IAM roles|Creating IAM role) /,
    fraction: 0.015,
  },
  { id: 'image-copy', title: 'Copying the machine image', pattern: /^Copying AMI /, fraction: 0.02 },
  {
    id: 'controllers',
    title: 'Starting local controllers',
    pattern: /^(?:Started local control plane with envtest|Running process: )/,
    fraction: 0.03,
  },
  {
    id: 'network-wait',
    title: 'Waiting for the network',
    pattern: /^Waiting up to .+ for network infrastructure to become ready/,
    fraction: 0.04,
  },
  { id: 'network', title: 'Network ready', pattern: /^Network infrastructure is ready/, fraction: 0.16 },
  {
    id: 'dns',
    title: 'DNS records created',
    pattern: /^(?:Creat(?:ing|ed) private Hosted Zone|Creating Route53 records )/,
    fraction: 0.17,
  },
  {
    id: 'bootstrap-bucket',
    title: 'Bootstrap ignition stored',
    pattern: /^created cos bucket for bootstrap ignition config: /,
    fraction: 0.175,
  },
  {
    id: 'machines-wait',
    title: 'Waiting for machines',
    pattern: /^Waiting up to .+ for machines .*to provision/,
    fraction: 0.18,
  },
  { id: 'machines', title: 'Machines ready', pattern: /^Control-plane machines are ready/, fraction: 0.22 },
  {
    id: 'infrastructure-created',
    title: 'Infrastructure created',
    pattern: /^Cluster API resources have been created\b/,
    fraction: 0.23,
  },
  {
    id: 'api-wait',
    title: 'Waiting for the Kubernetes API',
    pattern: /^Waiting up to .+ for the Kubernetes API at /,
    fraction: 0.24,
  },
  { id: 'api', title: 'Kubernetes API up', pattern: /^API v\d\S* up/, fraction: 0.35 },
  {
    id: 'bootstrap-wait',
    title: 'Waiting for bootstrapping',
    pattern: /^Waiting up to .+ for bootstrapping to complete/,
    fraction: 0.36,
  },
  {
    id: 'bootstrap-etcd',
    title: 'Bootstrap etcd member removed',
    pattern:
      /^(?:Waiting for the bootstrap etcd member to be removed|Bootstrap etcd member has been removed)/,
    fraction: 0.5,
  },
  {
    id: 'bootstrap',
    title: 'Bootstrap complete',
    pattern: /^(?:Bootstrap status: complete|It is now safe to remove the bootstrap resources)/,
    fraction: 0.52,
  },
  {
    id: 'bootstrap-destroy',
    title: 'Removing the bootstrap machine',
    pattern: /^Destroying the bootstrap resources\.\.\./,
    fraction: 0.53,
  },
  {
    id: 'bootstrap-destroyed',
    title: 'Bootstrap machine removed',
    pattern: /^(?:Finished destroying bootstrap resources|destroy bootstrap cleanup completed)/,
    fraction: 0.57,
  },
  {
    id: 'operators-wait',
    title: 'Waiting for the cluster to initialize',
    pattern: /^Waiting up to .+ for the cluster at .+ to initialize/,
    fraction: 0.58,
  },
  {
    id: 'stability-wait',
    title: 'Waiting for operators to become stable',
    pattern: /^Waiting up to .+ to ensure each cluster operator has finished progressing/,
    fraction: 0.9,
  },
  {
    id: 'operators',
    title: 'Operators stable',
    pattern: /^All cluster operators have completed progressing/,
    fraction: 0.97,
  },
  {
    id: 'console',
    title: 'Checking the console route',
    pattern: /^Checking to see if there is a route at openshift-console\/console/,
    fraction: 0.98,
  },
  { id: 'complete', title: 'Install complete', pattern: /^Install complete!/, fraction: 1 },
];

export const DESTROY_MILESTONES: readonly MilestoneRule[] = [
  { id: 'credentials', title: 'Credentials loaded', pattern: /^Credentials loaded from /, fraction: 0 },
  {
    id: 'machines',
    title: 'Deleting machines',
    pattern: /^(?:Terminated$|(?:Stopped|Deleted) instance ")/,
    fraction: 0.1,
  },
  {
    id: 'resources',
    title: 'Deleting resources',
    pattern: /^(?:(?:Deleted|Released|Disassociated|Detached)(?: |$)|Reclaimed )/,
    fraction: 0.4,
  },
  { id: 'tags', title: 'Shared resources untagged', pattern: /^Removed tag /, fraction: 0.95 },
  { id: 'complete', title: 'Uninstall complete', pattern: /^Uninstallation complete!/, fraction: 1 },
];

/** @returns the milestone that this record reaches in a create (or wait-for) or destroy run. */
export function milestoneOf(
  record: Pick<LogRecord, 'message'>,
  command: 'create' | 'destroy' = 'create',
): MilestoneRule | undefined {
  const rules = command === 'create' ? CREATE_MILESTONES : DESTROY_MILESTONES;
  return rules.find(({ pattern }) => pattern.test(record.message));
}

/** @returns whether this line announces that cloud resources are created: from here on a failed run may leave some. */
export function startsInfrastructure(record: Pick<LogRecord, 'message'>): boolean {
  return record.message.startsWith('Creating infrastructure resources...');
}
