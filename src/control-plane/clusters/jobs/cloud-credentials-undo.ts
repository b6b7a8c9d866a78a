import { join } from 'node:path';
import { messageOf } from '../../kernel/errors.ts';
import type { JobContext } from '../../kernel/jobs/job.ts';
import { CloudError } from '../clouds/cloud.ts';
import { ccoctlDeleteArgs } from '../installer/ccoctl.ts';
import { classifyToolFailure } from '../installer/classify-tool-failure.ts';
import { secretRefsSchema, writeCredentialsRequests } from '../installer/credentials-requests.ts';
import type { InstallDirs } from '../installer/install-dir.ts';
import { InstallerError } from '../installer/installer-error.ts';
import { listCloudCredentials } from '../store/cloud-credentials.sql.ts';
import type { ClusterRow } from '../store/clusters.sql.ts';
import type { ClusterJobContext } from './cluster-job-context.ts';
import { runTool } from './tool-run.ts';

const DELETE_TIMEOUT_MS = 10 * 60_000;

/**
 * Deletes the cloud identities of a cluster, for all infraIDs that it ever had, with only what the database has. A missing or failing
 * tool is only logged: its exit code proves nothing (on AWS it is always 0), and the read-back that follows finds what is left.
 */
export async function removeCloudCredentials(
  context: ClusterJobContext,
  attempt: JobContext,
  cluster: ClusterRow,
  dirs: InstallDirs,
): Promise<void> {
  for (const { infraId, secretRefs } of await attempt.db.query(listCloudCredentials, {
    clusterId: cluster.id,
  })) {
    try {
      const requestsDir = join(dirs.tmp, `credentials-requests-${infraId}`);
      await writeCredentialsRequests(requestsDir, secretRefsSchema.parse(secretRefs));
      const tool = await context.credentialTool('ccoctl');
      const platform = cluster.platform === 'ibmcloud' ? 'ibmcloud' : 'aws';
      const args = ccoctlDeleteArgs({ platform, infraId, region: cluster.region, requestsDir });
      const cloud = context.clouds.byKind(cluster.cloud);
      const { succeeded, cause, lastLines } = await runTool(context, attempt, {
        name: 'ccoctl',
        tool,
        args,
        dirs,
        timeoutMs: DELETE_TIMEOUT_MS,
        use: { cloud, command: 'destroy' },
      });
      const hint = classifyToolFailure(lastLines)?.hint;
      attempt.event(
        succeeded
          ? { kind: 'log', level: 'info', message: `ccoctl deleted the cloud identities of ${infraId}` }
          : {
              kind: 'log',
              level: 'warn',
              message: `ccoctl could not delete the cloud identities of ${infraId}: ${cause}${hint === undefined ? '' : ` (${hint})`}`,
            },
      );
    } catch (error) {
      // The read-back decides, and names what is left.
      if (!(error instanceof InstallerError) && !(error instanceof CloudError)) throw error;
      const hint = error.hint === undefined ? '' : ` (${error.hint})`;
      attempt.event({ kind: 'log', level: 'error', message: `${messageOf(error)}${hint}` });
    }
  }
}
