import { type FailureRule, rulesOf } from '../failure-rule.ts';

/** A signal explains every error after it. */
export const INTERRUPTION_RULES: readonly FailureRule[] = rulesOf(
  { class: 'interrupted', retryable: true, blame: 'operator' },
  [
    {
      reason: 'INSTALLER_INTERRUPTED',
      pattern: /^Received interrupt signal\b/,
      hint: 'the installer was told to stop',
    },
  ],
);

/** Trouble of the worker, or made by people beside us. */
export const RUN_RULES: readonly FailureRule[] = [
  ...rulesOf({ class: 'interrupted', retryable: true, blame: 'operator' }, [
    {
      reason: 'MACHINE_SHUT_DOWN_BY_USER',
      pattern: /\bClient\.(?:UserInitiatedShutdown|InstanceInitiatedShutdown)\b/,
      hint: 'somebody or some automation stopped a machine of the cluster while it was being installed',
    },
  ]),
  ...rulesOf({ class: 'unknown', retryable: true, blame: 'operator' }, [
    {
      reason: 'WORKER_DISK_FULL',
      pattern: /no space left on device/i,
      hint: 'the worker ran out of disk: an active install takes about 5 GB',
    },
  ]),
  ...rulesOf({ class: 'unknown', retryable: false, blame: 'installer' }, [
    {
      reason: 'DIRECTORY_USED_BEFORE',
      pattern: /local infrastructure provisioning artifacts already exist/i,
      hint: 'the install directory was used by an earlier create',
    },
    {
      reason: 'METADATA_MISSING',
      pattern: /failed while preparing to destroy cluster: open \S*metadata\.json/i,
      hint: 'the install directory lost its metadata.json: restore the snapshot',
    },
  ]),
];

const BOOTSTRAP: readonly FailureRule[] = rulesOf({ class: 'bootstrap', retryable: true, blame: 'cloud' }, [
  {
    reason: 'RELEASE_IMAGE_NOT_PULLED',
    pattern: /bootstrap machine failed to download the release image|release-image\.service.*failed/i,
    hint: 'the bootstrap machine could not pull the release: check the pull secret, the proxy and the way out',
    retryable: false,
    blame: 'operator',
  },
  {
    reason: 'KUBERNETES_API_TIMEOUT',
    pattern: /Failed waiting for Kubernetes API/i,
    hint: 'the bootstrap machine did not bring the API up; its log bundle says why',
  },
  {
    reason: 'BOOTSTRAP_TIMEOUT',
    pattern: /Bootstrap failed to complete|Failed to wait for bootstrapping to complete/i,
    hint: 'the control plane did not take over from the bootstrap machine; the log bundle says why',
  },
  {
    reason: 'BOOTSTRAP_REMOVAL_FAILED',
    pattern: /(?:failed|error) (?:to destroy|destroying) (?:the )?bootstrap|failed to delete bootstrap/i,
    hint: 'the cluster may be healthy, but its bootstrap machine could not be removed',
  },
]);

const OPERATORS: readonly FailureRule[] = rulesOf({ class: 'operators', retryable: true, blame: 'cloud' }, [
  {
    reason: 'NO_WORKER_READY',
    pattern: /\bGot 0 worker nodes\b|no (?:ready )?worker nodes? (?:is |are )?(?:ready|available)/i,
    hint: 'no worker machine joined: look at capacity, quota and the machine API',
  },
  {
    reason: 'INGRESS_OPERATOR_DEGRADED',
    pattern:
      /Cluster operators? (?:.*, )?ingress\b.*(?:Degraded is True|(?:is|are) (?:degraded|not available))/i,
    hint: 'the router did not come up: look at its load balancer and the *.apps record',
  },
  {
    reason: 'AUTHENTICATION_OPERATOR_DEGRADED',
    pattern:
      /Cluster operators? (?:.*, )?authentication\b.*(?:Degraded is True|(?:is|are) (?:degraded|not available))/i,
    hint: 'the OAuth route does not answer: look at ingress and the *.apps record',
  },
  {
    reason: 'MONITORING_OPERATOR_NOT_READY',
    pattern:
      /Cluster operators? (?:.*, )?monitoring\b.*(?:Degraded is True|still updating|(?:is|are) (?:degraded|not available|updating))/i,
    hint: 'monitoring did not settle: look at workers and storage',
  },
  {
    reason: 'OPERATORS_NOT_STABLE',
    pattern: /These cluster operators were not stable/i,
    hint: 'the named operators keep changing; waiting longer may be enough',
  },
  {
    reason: 'OPERATORS_DEGRADED',
    pattern:
      /Cluster operators? \S.*(?:Degraded is True|(?:is|are) (?:degraded|not available|still updating))/i,
    hint: 'the named operators did not come up',
  },
  {
    reason: 'CLUSTER_NOT_INITIALIZED',
    pattern: /failed to initialize the cluster/i,
    hint: 'the cluster did not finish in time; waiting longer may be enough',
  },
]);

/** Stages after the machines exist: what they say outranks noise that earlier, successful stages left in the log. */
export const LATE_STAGE_RULES: readonly FailureRule[] = [...BOOTSTRAP, ...OPERATORS];

/** The last resort: which stage failed, when no message says why. */
export const FALLBACK_RULES: readonly FailureRule[] = [
  ...rulesOf({ class: 'quota', retryable: false, blame: 'operator' }, [
    {
      reason: 'LIMIT_EXCEEDED',
      pattern:
        /\b\w*LimitExceeded(?:Exception)?\b|\b(?:QuotaExceeded|ServiceQuotaExceeded)\w*\b|quota .*exceeded/i,
      hint: 'raise the limit that the message names',
    },
  ]),
  ...rulesOf({ class: 'unknown', retryable: true, blame: 'cloud' }, [
    {
      reason: 'MACHINES_NOT_READY',
      pattern:
        /failed to provision control-plane machines|control-plane machines were not provisioned|machine \S+ failed to provision/i,
      hint: 'the cloud did not start the machines in time',
    },
    {
      reason: 'INFRASTRUCTURE_NOT_READY',
      pattern: /infrastructure (?:was|is) not ready/i,
      hint: 'network, load balancers or security groups were not there in time',
    },
    {
      reason: 'CLOUD_UNREACHABLE',
      pattern:
        /dial tcp .*(?:i\/o timeout|connection refused)|TLS handshake timeout|connection reset by peer/i,
      hint: 'the worker could not reach the cloud or the cluster: check its network and proxy',
    },
  ]),
  ...rulesOf({ class: 'unknown', retryable: true, blame: 'installer' }, [
    {
      reason: 'LOCAL_CONTROL_PLANE_FAILED',
      pattern: /failed to run cluster api system|failed to (?:start|run) (?:local )?control plane/i,
      hint: 'the controllers on the worker did not start: look at its memory, its disk and its TMPDIR',
    },
    {
      reason: 'INFRASTRUCTURE_FAILED',
      pattern: /failed to create cluster\b/i,
      hint: 'the installer names the stage; the debug lines before it name the cause',
    },
  ]),
];
