import { type FailureRule, rulesOf } from '../failure-rule.ts';

/** Errors that follow a signal are its consequence. */
export const INTERRUPTION_RULES: readonly FailureRule[] = rulesOf({ retryable: true }, [
  {
    reason: 'INSTALLER_INTERRUPTED',
    pattern: /^Received interrupt signal\b/,
    hint: 'the installer received a signal to stop',
  },
]);

/** Problems of the worker, or caused from outside. */
export const RUN_RULES: readonly FailureRule[] = [
  ...rulesOf({ retryable: true }, [
    {
      reason: 'MACHINE_SHUT_DOWN_BY_USER',
      pattern: /\bClient\.(?:UserInitiatedShutdown|InstanceInitiatedShutdown)\b/,
      hint: 'someone, or an automation of the account, stopped a machine during the install',
    },
    {
      reason: 'WORKER_DISK_FULL',
      pattern: /no space left on device/i,
      hint: 'the worker has no disk space left: an install needs about 5 GB',
    },
    {
      reason: 'WORKER_DISK_READ_ONLY',
      pattern: /\bEROFS\b|read-only file system/i,
      hint: 'the work folder of the worker became read-only: check its disk',
    },
  ]),
  ...rulesOf({ retryable: false }, [
    {
      reason: 'DIRECTORY_USED_BEFORE',
      pattern: /local infrastructure provisioning artifacts already exist/i,
      hint: 'the install directory was used by another create: report a bug',
    },
    {
      reason: 'METADATA_MISSING',
      pattern: /failed while preparing to destroy cluster: open \S*metadata\.json/i,
      hint: 'the install directory has no metadata.json: report a bug',
    },
  ]),
];

const BOOTSTRAP: readonly FailureRule[] = rulesOf({ retryable: true }, [
  {
    reason: 'RELEASE_IMAGE_NOT_PULLED',
    pattern: /bootstrap machine failed to download the release image|release-image\.service.*failed/i,
    hint: 'the bootstrap machine could not pull the release: check the pull secret, the proxy and the outbound network',
    retryable: false,
  },
  {
    reason: 'KUBERNETES_API_TIMEOUT',
    pattern: /Failed waiting for Kubernetes API/i,
    hint: 'the bootstrap machine did not start the API; see the log bundle in the last snapshot',
  },
  {
    reason: 'BOOTSTRAP_TIMEOUT',
    pattern: /Bootstrap failed to complete|Failed to wait for bootstrapping to complete/i,
    hint: 'the control plane did not become ready; see the log bundle in the last snapshot',
  },
  {
    reason: 'BOOTSTRAP_REMOVAL_FAILED',
    pattern: /(?:failed|error) (?:to destroy|destroying) (?:the )?bootstrap|failed to delete bootstrap/i,
    hint: 'the cluster may be healthy, but its bootstrap machine could not be deleted',
  },
]);

const OPERATORS: readonly FailureRule[] = rulesOf({ retryable: true }, [
  {
    reason: 'NO_WORKER_READY',
    pattern: /\bGot 0 worker nodes\b|no (?:ready )?worker nodes? (?:is |are )?(?:ready|available)/i,
    hint: 'no worker machine joined: check capacity, quota and the machine API',
  },
  {
    reason: 'INGRESS_OPERATOR_DEGRADED',
    pattern:
      /Cluster operators? (?:.*, )?ingress\b.*(?:Degraded is True|(?:is|are) (?:degraded|not available))/i,
    hint: 'the router did not start: check its load balancer and the *.apps DNS record',
  },
  {
    reason: 'AUTHENTICATION_OPERATOR_DEGRADED',
    pattern:
      /Cluster operators? (?:.*, )?authentication\b.*(?:Degraded is True|(?:is|are) (?:degraded|not available))/i,
    hint: 'the OAuth route does not respond: check ingress and the *.apps DNS record',
  },
  {
    reason: 'MONITORING_OPERATOR_NOT_READY',
    pattern:
      /Cluster operators? (?:.*, )?monitoring\b.*(?:Degraded is True|still updating|(?:is|are) (?:degraded|not available|updating))/i,
    hint: 'monitoring did not become ready: check workers and storage',
  },
  {
    reason: 'OPERATORS_NOT_STABLE',
    pattern: /These cluster operators were not stable/i,
    hint: 'the operators in the message are still progressing; more time may be enough',
  },
  {
    reason: 'OPERATORS_DEGRADED',
    pattern:
      /Cluster operators? \S.*(?:Degraded is True|(?:is|are) (?:degraded|not available|still updating))/i,
    hint: 'the operators in the message did not become available',
  },
  {
    reason: 'CLUSTER_NOT_INITIALIZED',
    pattern: /failed to initialize the cluster/i,
    hint: 'the cluster did not initialize in time; more time may be enough',
  },
]);

/** Stages after the machines exist: their errors come before messages that earlier, successful stages left in the log. */
export const LATE_STAGE_RULES: readonly FailureRule[] = [...BOOTSTRAP, ...OPERATORS];

/** Only the stage that failed is known. */
export const FALLBACK_RULES: readonly FailureRule[] = rulesOf({ retryable: true }, [
  {
    reason: 'MACHINES_NOT_READY',
    pattern:
      /failed to provision control-plane machines|control-plane machines were not provisioned|machine \S+ failed to provision/i,
    hint: 'the cloud did not start the machines in time',
  },
  {
    reason: 'INFRASTRUCTURE_NOT_READY',
    pattern: /infrastructure (?:was|is) not ready/i,
    hint: 'network, load balancers or security groups were not created in time',
  },
  {
    reason: 'CLOUD_UNREACHABLE',
    pattern: /dial tcp .*(?:i\/o timeout|connection refused)|TLS handshake timeout|connection reset by peer/i,
    hint: 'the worker could not connect to the cloud or the cluster: check its network and proxy',
  },
  {
    reason: 'LOCAL_CONTROL_PLANE_FAILED',
    pattern: /failed to run cluster api system|failed to (?:start|run) (?:local )?control plane/i,
    hint: 'the controllers on the worker did not start: check its memory and disk',
  },
  {
    reason: 'INFRASTRUCTURE_FAILED',
    pattern: /failed to create cluster\b/i,
    hint: 'the debug lines before the error have the cause: ocpctl logs NAME --level debug',
  },
]);
