/** Points at which faults can be injected, in the order of a create and then a destroy. */
export const STAGES = [
  /** Any command, before it reads the install directory. */
  'start',
  /** install-config.yaml is read. */
  'config',
  'manifests',
  /** ccoctl has created half of its resources. */
  'credentials',
  'ignition',
  /** `create cluster` has written metadata.json; nothing exists in the cloud. */
  'metadata',
  /** Quota, permissions and provisioning checks. */
  'preflight',
  /** "Creating infrastructure resources..." is logged; nothing exists in the cloud. */
  'pre-provision',
  'iam',
  /** Half of the network exists. */
  'infrastructure',
  'dns',
  /** Half of the bootstrap and control-plane machines exist. */
  'machines',
  'api',
  'bootstrap',
  'bootstrap-destroy',
  /** The cluster has created half of its own resources (workers, ingress). */
  'initialize',
  'stability',
  'finish',
  'gather',
  /** metadata.json is read; nothing is deleted. */
  'destroy',
  'destroy-half',
  /** ccoctl has read what to delete; nothing is deleted. */
  'credentials-delete',
  /** A listing of the cloud, by the installer or by the control plane. */
  'listing',
] as const;

export type Stage = (typeof STAGES)[number];
