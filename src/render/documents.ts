import type { components } from '../contract/api.gen.ts';

export type Cluster = components['schemas']['Cluster'];
export type ClusterAccepted = components['schemas']['ClusterAccepted'];
export type ClusterPlan = components['schemas']['ClusterPlan'];
export type JobAccepted = components['schemas']['JobAccepted'];
export type ClusterOutputs = components['schemas']['ClusterOutputs'];
export type Transition = components['schemas']['Transition'];
export type Residue = components['schemas']['Residue'];
export type Job = components['schemas']['Job'];
export type JobEvent = components['schemas']['JobEvent'];
export type Profile = components['schemas']['Profile'];
export type Identity = components['schemas']['Identity'];
export type CloudResource = components['schemas']['CloudResource'];
export type AuditEvent = components['schemas']['AuditEvent'];
export type Approval = components['schemas']['Approval'];
export type SecretKeys = components['schemas']['SecretKeys'];
