import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { EveryCommandFacts } from './every-command-site.ts';

export interface CommandLine {
  readonly argv: readonly string[];
  /** Default 0. */
  readonly code?: number;
  readonly stdin?: string;
  readonly env?: NodeJS.ProcessEnv;
}

type Line = (facts: EveryCommandFacts) => CommandLine | readonly string[];

const BILL = [
  'BilledCost,EffectiveCost,BillingCurrency,ChargePeriodStart,ChargePeriodEnd,Tags',
  '5.5,5.5,USD,2026-11-01T00:00:00Z,2026-11-02T00:00:00Z,',
];
const HOURS = ['--timezone', 'UTC', '--hours', '08:00-19:00', '--days', 'mon-fri'];
const REASON = ['--reason', 'test'];

const ADMIN: Readonly<Record<string, Line>> = {
  'admin approvals list': () => [],
  'admin approvals approve': ({ approvals }) => [approvals[0]],
  'admin approvals deny': ({ approvals }) => [approvals[1], ...REASON],
  'admin audit list': () => ['--limit', '5'],
  'admin audit verify': () => [],
  'admin audit export': () => [],
  'admin budgets set': ({ run }) => [`budget-${run}`, '--monthly', '500'],
  'admin budgets list': () => [],
  'admin budgets remove': ({ run }) => [`budget-${run}`],
  'admin grants add': ({ run }) => [`ann-${run}`, '--role', 'auditor', '--team', 'a'],
  'admin grants list': () => [],
  'admin grants test': ({ run }) => [`local:ann-${run}`, 'listClusters'],
  'admin grants remove': ({ run }) => [`local:ann-${run}`, '--role', 'auditor', '--team', 'a'],
  'admin keys create': ({ run }) => [`eve-${run}`],
  'admin keys list': () => [],
  'admin keys revoke': ({ accessKey }) => [accessKey],
  'admin notifications add': ({ run, hook }) => [`ops-${run}`, '--kind', 'webhook', '--url', hook],
  'admin notifications list': () => [],
  'admin notifications test': ({ run }) => [`ops-${run}`],
  'admin notifications deliveries': () => [],
  'admin notifications replay': ({ run }) => [`ops-${run}`],
  'admin notifications remove': ({ run }) => [`ops-${run}`],
  'admin orphans list': () => [],
  'admin orphans show': ({ orphan }) => [orphan],
  'admin orphans sweep': ({ orphan }) => [orphan, '--dry-run'],
  'admin orphans ignore': ({ orphan }) => [orphan, ...REASON],
  'admin retention': () => [],
  'admin secrets status': () => [],
  'admin secrets rotate': () => [],
  'admin sessions list': () => [],
  'admin sessions revoke': () => ['role:111122223333:ci'],
  'admin tasks list': () => [],
  'admin tasks run': () => ['destroy-expired-clusters'],
  'admin workers': () => [],
};

const CLUSTERS: Readonly<Record<string, Line>> = {
  'profiles list': () => [],
  'profiles get': () => ['aws-standard'],
  'profiles validate': ({ profile }) => [profile],
  create: ({ run }) => [`new-${run}`, '--profile', 'aws-minimal-test'],
  list: () => [],
  get: ({ ready }) => [ready, '--events'],
  wait: ({ run }) => [`new-${run}`, '--for', 'ready'],
  outputs: ({ ready }) => [ready],
  logs: ({ ready }) => [ready],
  extend: ({ ready }) => [ready, '--by', '1h'],
  'offhours set': ({ run }) => [`hours-${run}`, ...HOURS],
  'offhours list': () => [],
  'offhours show': ({ run }) => [`hours-${run}`],
  'offhours clear': ({ run }) => [`hours-${run}`],
  'offhours opt-in': ({ ready }) => [ready],
  'offhours opt-out': ({ ready }) => [ready],
  scale: ({ ready }) => [ready, '--workers', '2'],
  keepalive: ({ ready }) => [ready, '--remove'],
  'jobs list': () => [],
  'jobs get': ({ ready }) => [ready],
  'jobs cancel': ({ hanging }) => [hanging, '--yes'],
  'jobs retry': ({ failed }) => [failed],
  'kubeconfig use': ({ ready, folder }) => ({
    argv: [ready],
    env: { KUBECONFIG: join(folder, 'kubeconfig') },
  }),
  'kubeconfig merge': ({ ready, folder }) => [ready, '--file', join(folder, 'merged')],
  'kubeconfig remove': ({ ready, folder }) => ({
    argv: [ready],
    env: { KUBECONFIG: join(folder, 'kubeconfig') },
  }),
  'kubeconfig credential': ({ ready }) => [ready],
  shell: ({ ready }) => ({ argv: [ready], stdin: 'echo done\n', env: { SHELL: '/bin/sh' } }),
  run: ({ run }) => [`run-${run}`, '--profile', 'aws-minimal-test', '--', 'true'],
  'proof key': () => [],
  'proof verify': ({ proof }) => [proof],
  quota: () => [],
  'report usage': () => [],
  'report reconcile': ({ folder }) => {
    const file = join(folder, 'bill.csv');
    writeFileSync(file, BILL.join('\n'));
    return [file];
  },
  'sandbox faults set': ({ run }) => ['capacity', '--cluster', `none-${run}`],
  'sandbox faults list': () => [],
  'sandbox faults clear': () => [],
  'sandbox resources': () => [],
  destroy: ({ run }) => [`new-${run}`, '--yes'],
};

const HOST: Readonly<Record<string, Line>> = {
  'config set': () => ['timeout', '1m'],
  'config get': () => ['timeout'],
  'config list': () => [],
  'config unset': () => ['timeout'],
  'context add': ({ run, serverUrl, folder }) => {
    const file = join(folder, 'key');
    writeFileSync(file, 'secret\n', { mode: 0o600 });
    const key = ['--access-key-id', 'OCPK0123456789ABCDEF', '--secret-access-key-file', file];
    return [`other-${run}`, '--server', serverUrl, ...key];
  },
  'context current': () => [],
  'context list': () => [],
  'context use': () => ['local'],
  'context remove': ({ run }) => [`other-${run}`, '--yes'],
  // The server of the site has keys of its own.
  login: () => ({ argv: [], code: 2 }),
  logout: () => ({ argv: [], code: 2 }),
  whoami: () => [],
  doctor: () => [],
  version: () => [],
  help: () => ['create'],
  completion: () => ['bash'],
  __complete: () => ['--', 'ocpctl', 'cre'],
  api: () => ['/v1/clusters'],
  dashboard: () => ({ argv: [], code: 2 }),
  'server check': () => ({ argv: ['--cloud', 'aws', '--region', 'us-east-2'], code: 11 }),
  'server migrate': () => [],
  'server backup': ({ folder, embeddedData }) => ({
    argv: [join(folder, 'backup.tar.gz'), '--data', embeddedData],
    env: { DATABASE_URL: '' },
  }),
  'server restore': ({ folder }) => ({
    argv: [
      join(folder, 'backup.tar.gz'),
      ...['--keys', join(folder, 'backup.tar.gz.keys'), '--data', join(folder, 'restored')],
    ],
    env: { DATABASE_URL: '' },
  }),
  'server installers fetch': ({ mirrorEnv }) => ({ argv: ['4.20.3'], env: mirrorEnv }),
  'server installers list': ({ mirrorEnv }) => ({ argv: [], env: mirrorEnv }),
  'server installers verify': ({ mirrorEnv }) => ({ argv: [], env: mirrorEnv }),
  try: () => [],
};

/** A line for each command but `server`, in an order in which each finds what it needs. */
export const EVERY_COMMAND: Readonly<Record<string, Line>> = { ...ADMIN, ...CLUSTERS, ...HOST };
