import type { FailureExplanation } from '../../kernel/jobs/failure-codes.ts';

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
      'The guard stopped the installer, because the worker stopped its heartbeats; or the guard itself was killed, and the worker stopped the installer. Neither counts as an attempt.',
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
  INSTALLER_NOT_EXTRACTED: {
    retried: true,
    cause: 'The installer could not be extracted from the release image of the profile.',
    remedy:
      'Run the command of the message on the worker: `oc adm release extract --command=openshift-install IMAGE`.',
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
  RELEASE_IMAGE_MISMATCH: {
    retried: false,
    cause: 'The release image of the profile is of another version or architecture than the profile says.',
    remedy:
      'Correct `releaseImage` or `openshiftVersions` of the profile; `oc adm release info IMAGE` shows its version.',
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
  CLUSTER_API_DENIED: {
    retried: false,
    cause:
      'The API server of the cluster does not accept the kubeconfig that its installer wrote, or denies a call.',
    remedy:
      'Check with `ocpctl outputs NAME --kubeconfig -` and `oc`: the certificate may be revoked or expired.',
  },
  CLUSTER_API_UNAVAILABLE: {
    retried: true,
    cause: 'The API server of the cluster does not answer the worker.',
    remedy: 'Check the network between the worker and the cluster, and that its control plane runs.',
  },
  KUBECONFIG_UNUSABLE: {
    retried: false,
    cause:
      'The stored kubeconfig is missing, or it has fields that are not used here: programs, files of the worker, no verification of the server.',
    remedy: 'The message names the fields. `ocpctl outputs NAME --kubeconfig -` shows the kubeconfig.',
  },
  MACHINE_SETS_MISSING: {
    retried: false,
    cause: 'The cluster has no machine API, or no machine set with the role worker.',
    remedy: 'Check with `oc get machinesets -n openshift-machine-api`.',
  },
  SCALE_CERTIFICATES_PENDING: {
    retried: false,
    cause: 'New nodes wait for the approval of their certificate signing requests, which the message names.',
    remedy:
      'Approve them with `oc adm certificate approve NAME`, then scale again. See [a scale does not end](runbooks/stuck-scale.md).',
  },
  SCALE_CHANGED_ELSEWHERE: {
    retried: false,
    cause: 'Something else changed the number of a machine set during the scale.',
    remedy: 'Look for a MachineAutoscaler or a GitOps tool, and change the number there.',
  },
  SCALE_DRAIN_BLOCKED: {
    retried: false,
    cause:
      'A worker that is to go cannot be drained: a pod disruption budget, a finalizer, a lifecycle hook or local storage holds it.',
    remedy:
      'The message names it. The drain continues by itself once it is changed. See [a scale does not end](runbooks/stuck-scale.md).',
  },
  SCALE_MACHINE_FAILED: {
    retried: false,
    cause: 'A machine failed, for the reason in the message. Failed machines never recover.',
    remedy: 'Correct the reason and scale again: failed machines are replaced.',
  },
  SCALE_NO_CAPACITY: {
    retried: false,
    cause: 'A zone has no capacity for more instances of the type, or a quota of the account is used up.',
    remedy:
      'Scale again later, or with fewer workers; the message names machine and zone, and the zones that have all their workers.',
  },
  SCALE_TIMED_OUT: {
    retried: false,
    cause: 'The workers were not ready within `OCPCTL_SCALE_TIMEOUT_MINUTES`.',
    remedy: 'The machine sets still ask for them. Scale to the same number to wait longer.',
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
    cause:
      'A server of a version before accepted the cluster and did not keep its profile, and the worker does not have it.',
    remedy: 'Start all servers with the same `--profiles`.',
  },
  WRONG_ACCOUNT: {
    retried: false,
    cause: "The worker's credentials belong to another account than the cluster. Nothing was touched.",
    remedy: 'Give the worker credentials of the recorded account, then `ocpctl destroy NAME` again.',
  },
} as const satisfies Readonly<Record<string, FailureExplanation>>;
