import type { FailureExplanation } from '../../kernel/jobs/failure-codes.ts';
import type { AwsErrorCode } from '../clouds/aws/aws-error.ts';
import type { IbmcloudErrorCode } from '../clouds/ibmcloud/ibmcloud-error.ts';

/** What keeps a worker from asking a cloud. */
export const CLOUD_FAILURES: Readonly<Record<AwsErrorCode | IbmcloudErrorCode, FailureExplanation>> = {
  ACCESS_DENIED: {
    retried: false,
    cause: "The worker's principal may not make a call that the message names.",
    remedy:
      'AWS: attach `deploy/aws/worker-policy.json` and the [permissions of the installer](connect-aws.md#2-key-policies-and-principals). IBM Cloud: give the roles of [connect-ibmcloud.md](connect-ibmcloud.md#2-the-api-key).',
  },
  CLOUD_ANSWER_UNREADABLE: {
    retried: false,
    cause: 'The answer is not one of the IBM Cloud API.',
    remedy: 'Check for a proxy between worker and cloud.',
  },
  CLOUD_THROTTLED: {
    retried: true,
    cause: 'The cloud limits the calls of the account.',
    remedy: 'Fewer jobs at a time (`--concurrency`) help if it lasts.',
  },
  CLOUD_UNAVAILABLE: {
    retried: true,
    cause: 'The cloud does not answer, or answers with an error of its own.',
    remedy: 'Check the network of the worker and the status page of the cloud.',
  },
  CREDENTIALS_INVALID: {
    retried: false,
    cause:
      'The cloud does not accept the credentials: wrong, expired or disabled. While that is so the worker claims no jobs, and the attempt is not counted.',
    remedy:
      'Replace them on the worker. `aws sts get-caller-identity` or `ibmcloud login --apikey` must succeed there.',
  },
  CREDENTIALS_MISSING: {
    retried: false,
    cause:
      'The worker has no credentials. Other workers do its jobs; if there is none, they fail. If it has had some, the jobs wait.',
    remedy:
      'AWS: set `AWS_ACCESS_KEY_ID` and `AWS_SECRET_ACCESS_KEY`, or `AWS_PROFILE`. IBM Cloud: set `IC_API_KEY`.',
  },
  CREDENTIALS_UNSUITABLE: {
    retried: false,
    cause: 'The installer does not accept session credentials in this credentials mode.',
    remedy:
      'Use keys of an IAM user, or credentials mode `Manual` ([connect-aws.md](connect-aws.md#2-key-policies-and-principals)).',
  },
  DENIED_BY_SERVICE_CONTROL_POLICY: {
    retried: false,
    cause:
      'A policy of the AWS organization denies a call that the message names, whatever the policy of the worker allows.',
    remedy: 'Have that policy changed for the worker, or use another region or account.',
  },
  REGION_NOT_ENABLED: {
    retried: false,
    cause:
      'The account has not enabled the region: AWS accepts the credentials of the worker in another one.',
    remedy: 'Run `aws account enable-region --region-name REGION`, or use another region.',
  },
  SESSION_TOO_SHORT: {
    retried: false,
    cause:
      'The AWS session of the worker ends before the work, and no source renews it. While that is so the worker claims no such jobs, and the attempt is not counted.',
    remedy:
      'Give the worker a role, SSO, or a profile with `credential_process`, or a longer session ([connect-aws.md](connect-aws.md#2-key-policies-and-principals)).',
  },
  WORKER_CLOCK_WRONG: {
    retried: true,
    cause:
      'The clock of the worker is minutes off, so AWS rejects its signatures. While that is so the worker claims no jobs, and the attempt is not counted.',
    remedy: "Synchronize the clock of the worker's host: `chronyc tracking` or `timedatectl` show its state.",
  },
};

/** What the cluster module finds out itself, before and after the installer runs. */
export const CLUSTER_MODULE_FAILURES = {
  BASE_DOMAIN_ZONE_MISSING: {
    retried: false,
    cause: 'The account has no public DNS zone for the base domain of the profile.',
    remedy: 'Create the zone and delegate it, or change the base domain.',
  },
  CLOUD_CREDENTIALS_FAILED: {
    retried: true,
    cause: '`ccoctl` failed for a reason that is not known. What it made is removed before the next attempt.',
    remedy: 'See its output in `ocpctl logs NAME --phase manifests`.',
  },
  CLOUD_NOT_CONNECTED: {
    retried: false,
    cause: 'The cluster is in a cloud that this worker is not connected to. Nothing was touched.',
    remedy: 'Run a worker with that `--cloud`, or with `--sandbox` for a sandbox cluster.',
  },
  CREDENTIALS_REQUESTS_FAILED: {
    retried: true,
    cause: '`oc` could not read the credentials requests of the release.',
    remedy: 'See its output in `ocpctl logs NAME --phase manifests`.',
  },
  INFRA_ID_CONFLICT: {
    retried: true,
    cause: 'Another infraID or account is recorded for the cluster. Nothing was created.',
    remedy: 'None: the next attempt starts with the recorded one.',
  },
  INTERRUPTED: {
    retried: true,
    cause:
      'The guard stopped the installer, because the worker stopped its heartbeats; or the guard itself was killed, and the worker stopped the installer. The second does not count as an attempt.',
    remedy: 'See the log, the load and the memory of the worker.',
  },
  DNS_RECORDS_EXIST: {
    retried: false,
    cause:
      'There are DNS records at or below NAME.DOMAIN, which a destroy could not tell from those of the cluster.',
    remedy: 'Remove them, or use another name; the message lists them.',
  },
  FIPS_HOST_REQUIRED: {
    retried: false,
    cause: 'The cluster is to run in FIPS mode, and the installer does that only on a host in FIPS mode.',
    remedy: 'Run the worker on RHEL 9 in FIPS mode: [installer.md](installer.md#architectures-and-fips).',
  },
  INSTANCE_TYPE_UNAVAILABLE: {
    retried: false,
    cause: 'The region, or any one of its zones, does not offer the instance types of the profile.',
    remedy:
      'The message names types that the region offers: use one in the profile, or choose another region.',
  },
  INVALID_INSTALL_CONFIG: {
    retried: false,
    cause: 'The rendered install-config is one that the installer would not accept.',
    remedy: 'Correct the field of the request or the profile that the message names.',
  },
  ORPHAN_BLOCKED: {
    retried: false,
    cause:
      'Something of another owner is in the network of the orphan, or a security group of another owner names one of it. The sweep stopped.',
    remedy:
      'Remove what the message names, or have its owner do it; `ocpctl admin orphans show ID` lists it.',
  },
  ORPHAN_CHANGED: {
    retried: false,
    cause:
      'The orphan has resources that no scan has seen, or has them in another region. The sweep stopped.',
    remedy:
      'Find out what makes them: a cluster may be running. After the next scan `ocpctl admin orphans show ID` lists them, and a sweep can be requested again.',
  },
  ORPHAN_IN_USE: {
    retried: false,
    cause: 'A living cluster owns the infraID. The sweep stopped.',
    remedy: 'None is needed: the next scan closes it.',
  },
  ORPHAN_NAME_IN_USE: {
    retried: false,
    cause:
      'A living cluster has the name and base domain of the ended one, so its DNS records could not be told apart. The sweep stopped.',
    remedy: 'Sweep when that cluster is DESTROYED.',
  },
  ORPHAN_NOT_CONFIRMED: {
    retried: false,
    cause: 'The orphan is ignored, too young, or was not seen twice far enough apart. The sweep stopped.',
    remedy: 'Wait for the next scans, or `ocpctl admin orphans ignore ID --undo`.',
  },
  ORPHAN_NOT_OURS: {
    retried: false,
    cause: 'The tags do not say that this installation made the resources. The sweep stopped.',
    remedy: 'Ask the owner of the installation that made them ([orphans.md](orphans.md#whose-they-are)).',
  },
  PREFLIGHT_FAILED: {
    retried: true,
    cause: 'A check of the account failed.',
    remedy: 'The message says which and what to do.',
  },
  QUOTA_RESERVED: {
    retried: true,
    cause: 'The quota of the account is sufficient, but not beside the creates that are running.',
    remedy: 'None: it waits for them. Raise the quota to run more at a time.',
  },
  QUOTA_SHORTFALL: {
    retried: false,
    cause: 'A quota of the account is too small for the cluster.',
    remedy: 'Raise it, or remove what uses it ([connect-aws.md](connect-aws.md#1-the-account)).',
  },
  REGION_UNKNOWN: {
    retried: false,
    cause: 'The cloud does not have the region.',
    remedy: 'Choose another region of the profile; `ibmcloud is regions` lists them.',
  },
  RELEASE_IMAGE_UNKNOWN: {
    retried: true,
    cause: 'The installer does not print its release image.',
    remedy: 'Run `openshift-install version` on the worker.',
  },
  RESIDUE: {
    retried: true,
    cause: 'The read-back after the destroy found resources of the cluster in the cloud.',
    remedy:
      '`ocpctl get NAME` lists them. Remove them, or what protects them, and `ocpctl destroy NAME` again; if that is impossible, `--abandon` ([a destroy failed](runbooks/failed-destroy.md)).',
  },
  RESOURCE_GROUP_MISSING: {
    retried: false,
    cause: 'The resource group of the profile does not exist.',
    remedy: 'Create it, or remove it from the profile.',
  },
  STATE_CONFLICT: {
    retried: false,
    cause: 'The status of the cluster changed before the job started.',
    remedy: '`ocpctl get NAME --events` shows what happened.',
  },
  UNKNOWN: {
    retried: true,
    cause:
      'The installer failed without a cause that ocpctl knows. Retried if its exit code permits it ([installer.md](installer.md#create)).',
    remedy: 'Read the end of `ocpctl logs NAME --level error`.',
  },
  UNKNOWN_PROFILE: {
    retried: false,
    cause: 'The worker does not have the profile of the cluster.',
    remedy: 'Start all servers with the same `--profiles`.',
  },
  WRONG_ACCOUNT: {
    retried: false,
    cause: "The worker's credentials belong to another account than the cluster. Nothing was touched.",
    remedy: 'Give the worker credentials of the recorded account, then `ocpctl destroy NAME` again.',
  },
} as const satisfies Readonly<Record<string, FailureExplanation>>;
