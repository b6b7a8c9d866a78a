import { X509Certificate } from 'node:crypto';
import { pullSecretFault } from '../../policy/pull-secret.ts';
import { keyLineFault } from '../../policy/ssh-key.ts';
import { type InstallConfigProblem, invalid, oneOf } from '../install-config-problem.ts';
import type { RuleContext } from '../rule-context.ts';

const CREDENTIALS_MODES: Readonly<Record<string, readonly string[]>> = {
  aws: ['Manual', 'Mint', 'Passthrough'],
  azure: ['Manual', 'Passthrough'],
  gcp: ['Manual', 'Mint', 'Passthrough'],
  ibmcloud: ['Manual'],
  powervs: ['Manual'],
  nutanix: ['Manual'],
};

/** Rules on `pullSecret`, `sshKey`, `credentialsMode` and the trust bundle. Messages never contain the value. */
export function secretProblems({ input, platform, credentialsMode }: RuleContext): InstallConfigProblem[] {
  const pullSecret = pullSecretFault(input.pullSecret ?? '');
  const sshKey = input.sshKey ? sshKeyFault(input.sshKey, input.fips === true) : undefined;
  return [
    ...(pullSecret === undefined ? [] : [invalid('pullSecret', pullSecret)]),
    ...(sshKey === undefined ? [] : [invalid('sshKey', sshKey)]),
    ...credentialsModeProblems(credentialsMode, platform),
    ...trustBundleProblems(input.additionalTrustBundle ?? '', input.additionalTrustBundlePolicy ?? ''),
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

function trustBundleProblems(bundle: string, policy: string): InstallConfigProblem[] {
  const problems: InstallConfigProblem[] = [];
  if (bundle !== '' && !isCertificateBundle(bundle)) {
    problems.push(
      invalid('additionalTrustBundle', 'must be PEM certificates, with nothing after the last one'),
    );
  }
  if (policy !== '' && policy !== 'Proxyonly' && policy !== 'Always') {
    problems.push(invalid('additionalTrustBundlePolicy', 'must be Proxyonly or Always'));
  }
  return problems;
}

function isCertificateBundle(text: string): boolean {
  let rest = text;
  do {
    const block = /-----BEGIN ([^\n-]+)-----\n[\s\S]*?\n-----END \1-----[ \t]*(\r?\n|$)/.exec(rest);
    if (block === null || !isCertificate(block[0])) return false;
    rest = rest.slice(block.index + block[0].length);
  } while (rest !== '');
  return true;
}

function isCertificate(pem: string): boolean {
  try {
    return new X509Certificate(pem) instanceof X509Certificate;
  } catch {
    return false;
  }
}
