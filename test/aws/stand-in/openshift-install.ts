import { fatal } from '../../../src/sandbox/failures/command-exit.ts';
import { runInstallerProcess } from '../../../src/sandbox/installer/installer-process.ts';
import type { InstallerCloud } from '../../../src/sandbox/installer/run-installer.ts';
import { awsBackedCloud } from './aws-backed-cloud.ts';

// The stand-in installer of the sandbox with an AWS endpoint as its cloud, as a program of its own: the package does not contain it.
await runInstallerProcess(process.env, endpointCloud(process.env));

/** The AWS at OCPCTL_SANDBOX_AWS_ENDPOINT with the credentials of the environment, in place of the simulated cloud. */
function endpointCloud(env: NodeJS.ProcessEnv): InstallerCloud {
  const endpoint = env['OCPCTL_SANDBOX_AWS_ENDPOINT'] ?? '';
  return {
    notice: `This is the ocpctl sandbox: its cloud is the simulated AWS at ${endpoint}, and no OpenShift is installed`,
    open(dir, caller) {
      assertNotAws(endpoint);
      const region = env['AWS_REGION'] || 'us-east-1';
      return awsBackedCloud({ endpoint, region, credentials: readCredentials(env), dir, caller });
    },
  };
}

/** The stand-in must never act on the real AWS. @throws CommandExit */
function assertNotAws(endpoint: string): void {
  const host = URL.canParse(endpoint) ? new URL(endpoint).hostname : undefined;
  if (host === undefined || /(^|\.)(amazonaws\.com(\.cn)?|api\.aws|aws\.dev)$/.test(host)) {
    throw fatal(
      'OCPCTL_SANDBOX_AWS_ENDPOINT must be the URL of a simulated AWS, such as http://127.0.0.1:5000',
    );
  }
}

/** @throws CommandExit if the environment has neither keys nor a configuration file, which the SDK reads by itself */
function readCredentials(env: NodeJS.ProcessEnv) {
  if (env['AWS_CONFIG_FILE'] !== undefined) return undefined;
  const accessKeyId = env['AWS_ACCESS_KEY_ID'];
  const secretAccessKey = env['AWS_SECRET_ACCESS_KEY'];
  const sessionToken = env['AWS_SESSION_TOKEN'];
  if (!accessKeyId || !secretAccessKey) {
    throw fatal('no AWS credentials: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are not set');
  }
  return { accessKeyId, secretAccessKey, ...(sessionToken ? { sessionToken } : {}) };
}
