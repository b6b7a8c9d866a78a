import { string } from '@oclif/core/flags';
import { BaseCommand } from '../../cli/base-command.ts';
import { resolveCluster } from '../../cli/clusters/resolve.ts';
import { omitUndefined, wholeNumber } from '../../cli/flags/flag-values.ts';
import { collect } from '../../client/pages.ts';
import { CLUSTER_JOB_TYPES, JOB_STATUSES } from '../../contract/statuses.ts';
import { jobList } from '../../render/job.ts';

export default class JobsList extends BaseCommand {
  static override summary = 'List jobs, newest first';
  static override examples = [
    '<%= config.bin %> jobs list --cluster demo',
    '<%= config.bin %> jobs list --status FAILED -o wide',
  ];
  static override flags = {
    cluster: string({ description: 'Filter by cluster, name or id', helpValue: 'CLUSTER' }),
    type: string({
      description: 'Filter by type, for example CREATE or DESTROY',
      helpValue: 'TYPE',
      options: [...CLUSTER_JOB_TYPES],
    }),
    status: string({
      description: `Filter by status: ${JOB_STATUSES.join(', ')}`,
      helpValue: 'STATUS',
      options: [...JOB_STATUSES],
    }),
    limit: string({ description: 'Maximum number of results (default: all)', helpValue: 'N' }),
  };

  async run(): Promise<void> {
    const { flags } = await this.parse(JobsList);
    const session = await this.open(flags);
    const type = CLUSTER_JOB_TYPES.find((name) => name === flags.type);
    const status = JOB_STATUSES.find((name) => name === flags.status);
    const limit = flags.limit === undefined ? undefined : wholeNumber('limit', flags.limit, 1);
    const cluster =
      flags.cluster === undefined ? undefined : await resolveCluster(session.client, flags.cluster);
    const query = omitUndefined({ cluster: cluster?.id, type, status });
    const jobs = await collect(async (page) => {
      return (await session.client.GET('/v1/jobs', { params: { query: { ...query, ...page } } })).data;
    }, limit);
    await session.print(jobList(jobs, session.io.now()));
  }
}
