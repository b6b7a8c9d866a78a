import type { components } from './api.gen.ts';

export type Cluster = components['schemas']['Cluster'];
export type ClusterAccepted = components['schemas']['ClusterAccepted'];
export type KeepaliveDocument = components['schemas']['Keepalive'];
export type ClusterPlan = components['schemas']['ClusterPlan'];
export type JobAccepted = components['schemas']['JobAccepted'];
export type ClusterOutputs = components['schemas']['ClusterOutputs'];
export type ClusterEvent = components['schemas']['ClusterEvent'];
export type Transition = components['schemas']['Transition'];
export type Residue = components['schemas']['Residue'];
export type Job = components['schemas']['Job'];
export type JobEvent = components['schemas']['JobEvent'];
export type ProfileDocument = components['schemas']['Profile'];
export type Identity = components['schemas']['Identity'];
export type GrantDocument = components['schemas']['Grant'];
export type GrantChangeDocument = components['schemas']['GrantChange'];
export type AccessExplanation = components['schemas']['AccessExplanation'];
export type AccessKeyDocument = components['schemas']['AccessKey'];
export type NewAccessKey = components['schemas']['NewAccessKey'];
export type AccessKeyPlan = components['schemas']['AccessKeyPlan'];
export type AccessSession = components['schemas']['AccessSession'];
export type WorkerDocument = components['schemas']['Worker'];
export type TaskDocument = components['schemas']['Task'];
export type SessionsEndedDocument = components['schemas']['SessionsEnded'];
export type AccessKeyChange = components['schemas']['AccessKeyChange'];
export type UsageReport = components['schemas']['UsageReport'];
export type BudgetDocument = components['schemas']['Budget'];
export type OffhoursDocument = components['schemas']['Offhours'];
export type Charge = components['schemas']['Charge'];
export type UsageGroup = components['schemas']['UsageGroup'];
export type QuotaDocument = components['schemas']['Quota'];
export type CloudResourceDocument = components['schemas']['CloudResource'];
export type SandboxFault = components['schemas']['SandboxFault'];
export type SandboxFaultPreset = components['schemas']['SandboxFaultPreset'];
export type AuditEventDocument = components['schemas']['AuditEvent'];
export type Orphan = components['schemas']['Orphan'];
export type OrphanDetails = components['schemas']['OrphanDetails'];
export type OrphanSweeps = components['schemas']['OrphanSweeps'];
export type Approval = components['schemas']['Approval'];
export type NotificationTarget = components['schemas']['NotificationTarget'];
export type NewNotificationTarget = components['schemas']['NewNotificationTarget'];
export type NotificationTargetPlan = components['schemas']['NotificationTargetPlan'];
export type NotificationDelivery = components['schemas']['NotificationDelivery'];
export type RetentionRuleDocument = components['schemas']['RetentionRule'];
export type SecretKeysDocument = components['schemas']['SecretKeys'];
export type AppEnvironment = components['schemas']['Environment'];
export type AppService = components['schemas']['Service'];
export type AppDeployment = components['schemas']['Deployment'];
export type AppDeploymentPlan = components['schemas']['DeploymentPlan'];
export type AppRelease = components['schemas']['Release'];
export type AppVariableDocument = components['schemas']['AppVariable'];
export type AppLogLine = components['schemas']['LogLine'];
export type AppDriverDocument = components['schemas']['AppDriver'];

/** Whether a parsed JSON or YAML value is an object, not null or an array. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
