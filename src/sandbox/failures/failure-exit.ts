import type { Stage } from '../faults/stages.ts';
import type { LogLine } from '../log/log-format.ts';
import { CommandExit, fatal, INSTALLER_EXIT_CODES } from './command-exit.ts';
import { type FailureName, failureByName } from './failures.ts';
import type { FailureContext } from './simulated-failure.ts';

/** Log lines and exit code of the installer for a failure at a stage. */
export function failureExit(stage: Stage, name: FailureName, context: FailureContext): CommandExit {
  const failure = failureByName(name);
  const cause = failure.cause(context);
  switch (stage) {
    case 'start':
    case 'credentials':
    case 'credentials-delete':
    case 'finish':
    case 'listing':
      return fatal(cause);
    case 'config':
      return installConfigExit(cause);
    case 'manifests':
      return fatal(assetError('Common Manifests', failure.asset ?? 'DNS Config', cause));
    case 'ignition':
      return fatal(
        assetError('Bootstrap Ignition Config', failure.asset ?? 'Bootstrap Ignition Config', cause),
      );
    case 'metadata':
    case 'preflight':
      return fatal(assetError('Cluster', failure.asset ?? 'Platform Provisioning Check', cause));
    case 'pre-provision':
      return fatal(`failed to fetch Cluster: failed to generate asset "Cluster": ${cause}`);
    case 'iam':
      return iamExit(cause);
    case 'infrastructure':
      return networkExit(cause);
    case 'dns':
      return infrastructureExit(
        `failed provisioning resources after infrastructure ready: failed to create records for api in public zone: ${cause}`,
      );
    case 'machines':
      return infrastructureExit(
        'failed to provision control-plane machines within 15m0s: client rate limiter Wait returned an error: context deadline exceeded',
        condition('InstanceReady', 'InstanceProvisionFailed', `failed to create instance: ${cause}`),
      );
    case 'api':
      return bootstrapExit(cause, API_ADVICE, []);
    case 'bootstrap':
      return bootstrapExit(cause, BOOTSTRAP_ADVICE, operatorLines(failure.operators, 'Degraded', 'error'));
    case 'bootstrap-destroy':
      return fatal(`error destroying bootstrap resources: ${cause}`);
    case 'initialize':
      return new CommandExit(INSTALLER_EXIT_CODES.install, [
        ...operatorLines(failure.operators, 'Degraded', 'error'),
        { level: 'error', message: INITIALIZE_ADVICE },
        { level: 'error', message: `failed to initialize the cluster: ${cause}` },
      ]);
    case 'stability':
      return new CommandExit(INSTALLER_EXIT_CODES.operatorStability, [
        ...operatorLines(failure.operators, 'Progressing', 'info'),
        { level: 'error', message: unstableMessage(Object.keys(failure.operators ?? {})) },
      ]);
    case 'gather':
      return fatal(`failed to gather bootstrap logs: ${cause}`);
    case 'destroy':
    case 'destroy-half':
      return fatal(`failed to destroy cluster: ${cause}`);
  }
}

/** install-config.yaml is invalid. */
export function installConfigExit(problems: string): CommandExit {
  const message = `failed to fetch Metadata: failed to load asset "Install Config": failed to create install config: invalid "install-config.yaml" file: ${problems}`;
  return new CommandExit(INSTALLER_EXIT_CODES.installConfig, [{ level: 'error', message }]);
}

/** The wait for the API or for bootstrapping fails. */
export function bootstrapExit(cause: string, advice: string, before: readonly LogLine[]): CommandExit {
  return new CommandExit(INSTALLER_EXIT_CODES.bootstrap, [
    ...before,
    { level: 'error', message: `Bootstrap failed to complete: ${cause}` },
    { level: 'error', message: advice },
  ]);
}

export const API_ADVICE =
  'Failed waiting for Kubernetes API. This error usually happens when there is a problem on the bootstrap host that prevents creating a temporary control plane.';
const BOOTSTRAP_ADVICE =
  'Failed to wait for bootstrapping to complete. This error usually happens when there is a problem with control plane hosts that prevents the control plane operators from creating the control plane.';
export const INITIALIZE_ADVICE =
  'Cluster initialization failed because one or more operators are not functioning properly.\nThe cluster should be accessible for troubleshooting.\nwait-for install-complete can continue the installation.';

/** IAM rejects a role. */
export function iamExit(cause: string): CommandExit {
  return infrastructureExit(`failed during pre-provisioning: failed to create IAM roles: ${cause}`);
}

/** The controllers repeat a request of the network until the time is up. */
export function networkExit(cause: string): CommandExit {
  return infrastructureExit(
    'infrastructure was not ready within 15m0s: client rate limiter Wait returned an error: context deadline exceeded',
    condition('InfrastructureReady', 'NetworkReconciliationFailed', cause),
  );
}

/** The cloud rejects a part of the infrastructure. */
export function infrastructureExit(stageAndCause: string, ...before: LogLine[]): CommandExit {
  const message = `failed to fetch Cluster: failed to generate asset "Cluster": failed to create cluster: ${stageAndCause}`;
  return new CommandExit(INSTALLER_EXIT_CODES.infrastructure, [...before, { level: 'error', message }]);
}

/** An asset that `target` needs cannot be generated. */
export function assetError(target: string, asset: string, cause: string): string {
  return `failed to fetch ${target}: failed to fetch dependency of "${target}": failed to generate asset "${asset}": ${cause}`;
}

/** From 4.20 the conditions of the machine and cluster objects precede the error. */
function condition(type: string, reason: string, message: string): LogLine {
  return {
    level: 'warning',
    message: `Condition ${type} has status: "False", reason: "${reason}", message: "${message}"`,
  };
}

function operatorLines(
  operators: Readonly<Record<string, string>> = {},
  type: 'Degraded' | 'Progressing',
  level: LogLine['level'],
): LogLine[] {
  return Object.entries(operators).map(([operator, reason]) => ({
    level,
    message: `Cluster operator ${operator} ${type} is True with ${reason}: ${reason}: the operator waits for its workload`,
  }));
}

function unstableMessage(operators: readonly string[]): string {
  return `These cluster operators were not stable: [${operators.join(', ')}]`;
}
