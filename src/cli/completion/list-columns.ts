import { columnName } from '../../render/shape-view.ts';
import type { TableColumn } from '../../render/view.ts';

type Columns = readonly Pick<TableColumn<never>, 'key' | 'header'>[];

const NOW = new Date(0);

/** The columns of commands that list something, by command id. Only what is completed is loaded. */
export const LIST_COLUMNS: Readonly<Record<string, () => Promise<Columns>>> = {
  list: async () => (await import('../../render/cluster.ts')).clusterList([], NOW).columns,
  'jobs:list': async () => (await import('../../render/job.ts')).jobList([], NOW).columns,
  'profiles:list': async () => (await import('../../render/profile.ts')).profileList([]).columns,
  'offhours:list': async () => (await import('../../render/offhours.ts')).offhoursList([], NOW).columns,
  'config:list': async () => (await import('../../render/settings.ts')).settingList([]).columns,
  'context:list': async () => (await import('../../render/settings.ts')).contextList([]).columns,
  'admin:approvals:list': async () =>
    (await import('../../render/approval.ts')).approvalList([], NOW).columns,
  'admin:audit:list': async () => (await import('../../render/audit.ts')).auditList([], NOW).columns,
  'admin:budgets:list': async () => (await import('../../render/budget.ts')).budgetList([]).columns,
  'admin:grants:list': async () => (await import('../../render/access.ts')).grantList([], NOW).columns,
  'admin:keys:list': async () => (await import('../../render/keys.ts')).accessKeyList([], NOW).columns,
  'admin:notifications:list': async () =>
    (await import('../../render/notification.ts')).targetList([], NOW).columns,
  'admin:notifications:deliveries': async () =>
    (await import('../../render/notification.ts')).deliveryList([], NOW).columns,
  'admin:orphans:list': async () => (await import('../../render/orphan.ts')).orphanList([], NOW).columns,
  'admin:sessions:list': async () =>
    (await import('../../render/access-session.ts')).sessionList([], NOW).columns,
  'admin:tasks:list': async () => (await import('../../render/task.ts')).taskList([], NOW).columns,
  'admin:workers': async () => (await import('../../render/worker.ts')).workerList([], NOW).columns,
  'sandbox:resources': async () => (await import('../../render/sandbox.ts')).resourceList([], NOW).columns,
  'sandbox:faults:list': async () => (await import('../../render/sandbox.ts')).sandboxFaultList([]).columns,
  'app:list': async () => (await import('../../render/app.ts')).serviceList([], NOW).columns,
  'app:env:list': async () =>
    (await import('../../render/app-environment.ts')).environmentList([], NOW).columns,
  'app:var:list': async () => (await import('../../render/app-plan.ts')).variableList([], NOW).columns,
  'app:db:list': async () => (await import('../../render/app-database.ts')).databaseList([], NOW).columns,
  'app:volume:list': async () => (await import('../../render/app-volume.ts')).volumeList([], NOW).columns,
  'app:db:backups': async () => (await import('../../render/app-backup.ts')).backupList([], NOW).columns,
  'server:installers:list': async () =>
    (await import('../../render/server.ts')).installerList([], NOW).columns,
};

/** @returns the names of the columns of a command, as `--columns` and `--sort` take them; none of one that prints no list */
export async function listColumns(command: string): Promise<readonly string[]> {
  return ((await LIST_COLUMNS[command]?.()) ?? []).map(columnName);
}

/**
 * The values that `--columns` or `--sort` can become: those that are typed before the last comma stay, and are not offered again.
 * @param prefix of the word, which stays: `--flag=`
 */
export function columnValues(names: readonly string[], current: string, prefix: string): string[] {
  const typed = current.split(',');
  const last = typed.pop() ?? '';
  const sign = last.startsWith('-') ? '-' : '';
  const before = typed.map((name) => `${name},`).join('');
  const used = new Set(typed.map((name) => name.replace(/^-/, '')));
  return names.filter((name) => !used.has(name)).map((name) => `${prefix}${before}${sign}${name}`);
}
