import type { JobContext } from '../../kernel/jobs/job.ts';
import type { Cloud, InstallerPurpose } from '../clouds/cloud.ts';
import type { InstallDirs } from '../installer/install-dir.ts';
import type { ClusterJobContext } from './cluster-job-context.ts';

export interface ProgramVariables {
  readonly credentials: Readonly<Record<string, string>>;
  /** Including those that the operator adds. */
  readonly extra: Readonly<Record<string, string>>;
}

const SECRET_VARIABLE = /SECRET|TOKEN|API_KEY/;

/** Runs a program of the installer with the cloud's credentials, which are renewed until it ends, and redacted in all logs. */
export async function withCloudCredentials<T>(
  context: Pick<ClusterJobContext, 'redactor' | 'installerVariables'>,
  attempt: Pick<JobContext, 'event'>,
  use: InstallerPurpose & { readonly cloud: Cloud; readonly dirs: Pick<InstallDirs, 'home'> },
  run: (variables: ProgramVariables) => Promise<T>,
): Promise<T> {
  const { cloud, dirs, ...purpose } = use;
  const onSecret = (value: string) => context.redactor.register(value);
  const { credentials, extra, close } = await cloud.installerCredentials(purpose, {
    home: dirs.home,
    onSecret,
    onProblem: (message) => attempt.event({ kind: 'log', level: 'warn', message }),
  });
  try {
    for (const [name, value] of Object.entries(credentials)) if (SECRET_VARIABLE.test(name)) onSecret(value);
    return await run({ credentials, extra: { ...context.installerVariables, ...extra } });
  } finally {
    await close?.();
  }
}
