import { pullSecretFault } from '../../policy/pull-secret.ts';
import { keyLineFault } from '../../policy/ssh-key.ts';
import { type InstallConfigProblem, invalid, oneOf } from '../install-config-problem.ts';
import type { RuleContext } from '../rule-context.ts';
import { trustBundleFaults } from '../trust-bundle.ts';

const CREDENTIALS_MODES: Readonly<Record<string, readonly string[]>> = {
  aws: ['Manual', 'Mint', 'Passthrough'],
  azure: ['Manual', 'Passthrough'],
  gcp: ['Manual', 'Mint', 'Passthrough'],
  ibmcloud: ['Manual'],
  powervs: ['Manual'],
  nutanix: ['Manual'],
};

/** Rules on `pullSecret`, `sshKey`, `credentialsMode` and the trust bundle. Messages never contain the value. */
export function secretProblems({
  input,
  platform,
  credentialsMode,
  now,
}: RuleContext): InstallConfigProblem[] {
  const pullSecret = pullSecretFault(input.pullSecret ?? '');
  const sshKey = input.sshKey ? sshKeyFault(input.sshKey, input.fips === true) : undefined;
  return [
    ...(pullSecret === undefined ? [] : [invalid('pullSecret', pullSecret)]),
    ...(sshKey === undefined ? [] : [invalid('sshKey', sshKey)]),
    ...credentialsModeProblems(credentialsMode, platform),
    ...(input.additionalTrustBundle ? bundleProblems(input.additionalTrustBundle, now) : []),
    ...policyProblems(input.additionalTrustBundlePolicy ?? ''),
  ];
}

/** Since 4.20 the installer rejects each line that is neither empty nor a key, also a comment or a line of spaces (installer#9770). */
function sshKeyFault(text: string, fips: boolean): string | undefined {
  const lines = text.split('\n').filter((line) => line !== '');
  for (const [index, line] of lines.entries()) {
    const fault = keyLineFault(line, fips);
    if (fault !== undefined) return lines.length === 1 ? fault.message : `line ${index + 1} ${fault.message}`;
  }
  return undefined;
}

function credentialsModeProblems(mode: string, platform: string): InstallConfigProblem[] {
  if (mode === '') return [];
  const supported = CREDENTIALS_MODES[platform];
  if (supported === undefined) return [invalid('credentialsMode', `cannot be set on platform ${platform}`)];
  return oneOf('credentialsMode', mode, supported);
}

function bundleProblems(bundle: string, now: Date | undefined): InstallConfigProblem[] {
  return trustBundleFaults(bundle, now).map(({ line, message, fix }) => ({
    ...invalid('additionalTrustBundle', `${message} (line ${line})`),
    fix,
    line,
  }));
}

function policyProblems(policy: string): InstallConfigProblem[] {
  if (policy === '' || policy === 'Proxyonly' || policy === 'Always') return [];
  return [invalid('additionalTrustBundlePolicy', 'must be Proxyonly or Always')];
}
