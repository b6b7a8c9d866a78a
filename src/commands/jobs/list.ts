import { string } from '@oclif/core/flags';
import { BaseCommand } from '../../cli/base-command.ts';
import { resolveCluster } from '../../cli/clusters/resolve.ts';
import { choiceList, omitUndefined, wholeNumber } from '../../cli/flags/flag-values.ts';
import { REPEATED_FLAG } from '../../cli/flags/shared-flags.ts';
import { collect } from '../../client/pages.ts';
import { JOB_STATUSES, JOB_TYPES } from '../../contract/statuses.ts';
import { jobList } from '../../render/job.ts';

export default class JobsList extends BaseCommand {
  static override summary = 'List jobs, newest first';
  static override examples = [
    '<%= config.bin %> jobs list --cluster demo',
    '<%= config.bin %> jobs list --status failed,retrying -o wide',
  ];
  static override flags = {
    cluster: string({ description: 'Filter by cluster, name or id', helpValue: 'CLUSTER' }),
    type: string({
      description: `Filter by type: ${JOB_TYPES.join(', ')}; can be repeated`,
      helpValue: 'TYPE,…',
      ...REPEATED_FLAG,
    }),
    status: string({
      description: `Filter by status: ${JOB_STATUSES.join(', ')}; can be repeated`,
      helpValue: 'STATUS,…',
      ...REPEATED_FLAG,
    }),
    limit: string({ description: 'Maximum number of results (default: all)', helpValue: 'N' }),
  };

  async run(): Promise<void> {
    const { flags } = await this.parse(JobsList);
    const session = await this.open(flags);
    const type = flags.type && choiceList('type', flags.type, JOB_TYPES);
    const status = flags.status && choiceList('status', flags.status, JOB_STATUSES);
    const limit = flags.limit === undefined ? undefined : wholeNumber('limit', flags.limit, 1);
    const cluster =
      flags.cluster === undefined ? undefined : await resolveCluster(session.client, flags.cluster);
    const query = omitUndefined({ cluster: cluster?.id, type, status });
    const jobs = await collect(
      async (page) => {
        return (await session.client.GET('/v1/jobs', { params: { query: { ...query, ...page } } })).data;
      },
      session.flags.sort === undefined ? limit : undefined,
    );
    await session.print({ ...jobList(jobs, session.io.now()), limit });
  }
}
