import { X509Certificate } from 'node:crypto';
import { publicKeyType } from '../../policy/ssh-key.ts';
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

function pullSecretFault(text: string): string | undefined {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return 'is not JSON';
  }
  const auths = isRecord(parsed) ? parsed['auths'] : undefined;
  if (!isRecord(auths) || Object.keys(auths).length === 0) return 'must have at least one entry in "auths"';
  const incomplete = Object.values(auths).some(
    (auth) => !isRecord(auth) || !('auth' in auth || 'credsStore' in auth),
  );
  return incomplete ? 'has an entry with neither "auth" nor "credsStore"' : undefined;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The installer needs one valid line; with FIPS it checks the type of the first. */
function sshKeyFault(text: string, fips: boolean): string | undefined {
  const types = text.split(/\r?\n/).flatMap((line) => publicKeyType(line) ?? []);
  const type = types[0];
  if (type === undefined) return 'holds no SSH public key';
  if (fips && !/^(ssh-rsa|ecdsa-sha2-nistp\d{3})$/.test(type))
    return `type ${type} is not available with FIPS`;
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
