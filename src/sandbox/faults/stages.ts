/** Moments at which a fault can strike, in the order in which a create, then a destroy, reaches them. */
export const STAGES = [
  /** Any command, before it looks at the install directory. */
  'start',
  /** install-config.yaml is read. */
  'config',
  'manifests',
  /** Half of what ccoctl makes exists. */
  'credentials',
  'ignition',
  /** `create cluster` has written metadata.json; the cloud knows nothing yet. */
  'metadata',
  /** Quota, permissions and provisioning checks. */
  'preflight',
  /** "Creating infrastructure resources..." is said; nothing exists. */
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
  /** Half of what the cluster itself makes (workers, ingress) exists. */
  'initialize',
  'stability',
  'finish',
  'gather',
  /** metadata.json is read; nothing is deleted. */
  'destroy',
  'destroy-half',
  /** ccoctl has read what to delete; nothing is deleted. */
  'credentials-delete',
  /** A listing of the cloud, by the installer or from outside. */
  'listing',
] as const;

export type Stage = (typeof STAGES)[number];
