import type { InstallDirs } from './install-dir.ts';
import { InstallerError } from './installer-error.ts';

/** The cloud credentials that an installer may be given. */
const CREDENTIAL_VARIABLES = [
  'AWS_ACCESS_KEY_ID',
  'AWS_SECRET_ACCESS_KEY',
  'AWS_SESSION_TOKEN',
  'AWS_PROFILE',
  'AWS_SHARED_CREDENTIALS_FILE',
  'AWS_CONFIG_FILE',
  'AWS_SDK_LOAD_CONFIG',
  'AWS_REGION',
  'IC_API_KEY',
] as const;

/** Installs another release image than the installer's own. */
export const RELEASE_IMAGE_VARIABLE = 'OPENSHIFT_INSTALL_RELEASE_IMAGE_OVERRIDE';

/** What an operator may add: switches of the installer, proxies, trusted root certificates. */
const OPERATOR_VARIABLES = [
  RELEASE_IMAGE_VARIABLE,
  'OPENSHIFT_INSTALL_OS_IMAGE_OVERRIDE',
  'OPENSHIFT_INSTALL_PRESERVE_BOOTSTRAP',
  'OPENSHIFT_INSTALL_GATHER_BOOTSTRAP',
  'OPENSHIFT_INSTALL_SKIP_HOSTCRYPT_VALIDATION',
  'OPENSHIFT_INSTALL_AWS_PUBLIC_ONLY',
  // For an AWS-compatible service instead of AWS.
  'AWS_ENDPOINT_URL',
  'HTTP_PROXY',
  'HTTPS_PROXY',
  'NO_PROXY',
  'SSL_CERT_FILE',
  'SSL_CERT_DIR',
] as const;

/** Settings of the sandbox's installer (its cloud, its faults); the real one ignores them. */
const SANDBOX_VARIABLE = /^OCPCTL_SANDBOX_[A-Z0-9_]+$/;

export interface EnvironmentInput {
  readonly dirs: Pick<InstallDirs, 'tmp' | 'home'>;
  readonly credentials: Readonly<Record<string, string>>;
  /** PATH of the installer, which runs `ssh-keygen` and `ssh`. */
  readonly path: string;
  readonly extra?: Readonly<Record<string, string>>;
  /** The trace that the run is a part of (W3C Trace Context). */
  readonly traceparent?: string | undefined;
}

/**
 * The whole environment of an installer process. The worker's own environment is never passed on.
 * @throws InstallerError ENVIRONMENT_REFUSED for a variable that is not on a list above
 */
export function installerEnvironment(input: EnvironmentInput): Record<string, string> {
  const { dirs, credentials, path, extra = {}, traceparent } = input;
  assertAllowedVariables(credentials, (name) => (CREDENTIAL_VARIABLES as readonly string[]).includes(name));
  assertAllowedVariables(extra, isAllowedInstallerVariable);
  return {
    ...extra,
    ...credentials,
    PATH: path,
    HOME: dirs.home,
    TMPDIR: dirs.tmp,
    OPENSHIFT_INSTALL_INVOKER: 'ocpctl',
    ...(traceparent === undefined ? {} : { TRACEPARENT: traceparent }),
  };
}

/** @returns whether an operator may set a variable of this name for the installer. */
export function isAllowedInstallerVariable(name: string): boolean {
  return (OPERATOR_VARIABLES as readonly string[]).includes(name) || SANDBOX_VARIABLE.test(name);
}

function assertAllowedVariables(
  variables: Readonly<Record<string, string>>,
  isAllowed: (name: string) => boolean,
): void {
  const refused = Object.keys(variables).filter((name) => !isAllowed(name));
  if (refused.length === 0) return;
  throw new InstallerError(
    'ENVIRONMENT_REFUSED',
    `variable not allowed for the installer: ${refused.join(', ')}`,
  );
}
