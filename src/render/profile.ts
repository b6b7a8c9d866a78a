import type { ProfileDocument } from '../contract/documents.ts';
import type { ProfileProblem } from '../contract/profile-problem.ts';
import { countText, formatDollars } from './format.ts';
import { type ListView, listDocument, listView, type RecordView, recordView } from './view.ts';

/** The table of `ocpctl profiles list`. */
export function profileList(profiles: readonly ProfileDocument[]): ListView<ProfileDocument> {
  return listView({
    document: listDocument(profiles),
    rows: profiles,
    columns: [
      {
        header: 'NAME',
        text: (profile) => (profile.enabled ? profile.name : `${profile.name} (disabled)`),
        exact: ({ name }) => name,
      },
      { header: 'PLATFORM', text: ({ platform }) => platform },
      {
        header: 'VERSIONS',
        fit: 'first',
        text: ({ openshiftVersions }) => choices(openshiftVersions),
        exact: ({ openshiftVersions }) => openshiftVersions.allowlist.join(' '),
      },
      {
        header: 'REGIONS',
        fit: 'first',
        text: ({ regions }) => choices(regions),
        exact: ({ regions }) => regions.allowlist.join(' '),
      },
      {
        header: 'TTL',
        text: ({ lifecycle }) => `${lifecycle.defaultTTLHours}h (max ${lifecycle.maxTTLHours}h)`,
        exact: ({ lifecycle }) => String(lifecycle.defaultTTLHours),
      },
      {
        header: 'WORKERS',
        text: ({ workers }) => workerCount(workers),
        exact: ({ workers }) => String(workers.replicas),
      },
      {
        header: '$/H',
        key: 'hourly_cost',
        text: ({ estimatedHourlyCost }) => estimatedHourlyCost.toFixed(2),
        exact: ({ estimatedHourlyCost }) => String(estimatedHourlyCost),
        align: 'right',
      },
    ],
    name: ({ name }) => name,
    whenEmpty: 'No profiles. The server reads them from the directory of --profiles.',
  });
}

/** The table of `ocpctl profiles validate`. */
export function profileProblemList(
  problems: readonly ProfileProblem[],
  files: number,
): ListView<ProfileProblem> {
  const location = ({ file, line, column }: ProfileProblem) => `${file}:${line}:${column}:`;
  return listView({
    document: listDocument(problems),
    rows: problems,
    columns: [
      { header: 'LOCATION', text: location },
      {
        header: 'PROBLEM',
        fit: 'wrap',
        text: ({ path, message }) => (path === '' ? message : `${path}: ${message}`),
      },
      { header: 'FIX', fit: 'wrap', text: ({ fix }) => fix },
    ],
    name: location,
    whenEmpty: `${countText(files, 'profile')} checked, no problems found`,
  });
}

/** The blocks of `ocpctl profiles get`. */
export function profileRecord(profile: ProfileDocument): RecordView {
  const { controlPlane, workers, pools = [], manifests, settable = [], lifecycle } = profile;
  return recordView({
    document: profile,
    name: profile.name,
    blocks: [
      {
        title: profile.displayName,
        fields: [
          ['Name', profile.name],
          ['Description', profile.description],
          ['Platform', profile.platform],
          ['Enabled', profile.enabled ? 'yes' : 'no'],
        ],
      },
      {
        title: 'Options (* marks the default)',
        fields: [
          ['Versions', choices(profile.openshiftVersions)],
          ...(profile.releaseImage === undefined
            ? []
            : [['Release image', profile.releaseImage] satisfies [string, string]]),
          ['Regions', choices(profile.regions)],
          ['Base domains', choices(profile.baseDomains)],
        ],
      },
      {
        title: 'Machines',
        fields: [
          [
            'Control plane',
            `${controlPlane.replicas} x ${controlPlane.instanceType}${controlPlane.schedulable ? ', schedulable' : ''}`,
          ],
          ['Workers', `${workerCount(workers)} x ${workers.instanceType}`],
          ...pools.map(({ name, replicas, instanceType }): [string, string] => [
            `Pool ${name}`,
            `${replicas} x ${instanceType}`,
          ]),
        ],
      },
      { title: 'Settable with --set', fields: settable.map((item) => [item.key, settableText(item)]) },
      ...(manifests === undefined
        ? []
        : [
            {
              title: 'Manifests',
              fields: [
                ...manifests.files.map(({ file, kind, name }): [string, string] => [file, `${kind} ${name}`]),
                ['Digest', manifests.digest] as [string, string],
              ],
            },
          ]),
      {
        title: 'Lifetime and cost',
        fields: [
          ['TTL', `${lifecycle.defaultTTLHours}h (max ${lifecycle.maxTTLHours}h)`],
          ['Custom TTL allowed', lifecycle.allowCustomTTL ? 'yes' : 'no'],
          ['Warning', `${lifecycle.warnBeforeDestroyHours}h before the end`],
          ['Per hour', formatDollars(profile.estimatedHourlyCost)],
        ],
      },
    ],
  });
}

function choices(choice: { readonly allowlist: readonly string[]; readonly default: string }): string {
  return choice.allowlist.map((value) => (value === choice.default ? `${value}*` : value)).join(',');
}

function workerCount({ replicas, minReplicas, maxReplicas }: ProfileDocument['workers']): string {
  return minReplicas === maxReplicas ? String(replicas) : `${replicas} (${minReplicas} to ${maxReplicas})`;
}

function settableText({
  type,
  values,
  min,
  max,
  description,
}: NonNullable<ProfileDocument['settable']>[number]): string {
  const choice = values?.join(', ') ?? [type, rangeText(min, max)].filter((part) => part !== '').join(' ');
  return description === undefined ? choice : `${choice}: ${description}`;
}

function rangeText(min: number | undefined, max: number | undefined): string {
  if (min !== undefined && max !== undefined) return `${min} to ${max}`;
  if (min !== undefined) return `of at least ${min}`;
  return max === undefined ? '' : `of at most ${max}`;
}
