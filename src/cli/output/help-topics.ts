import { SETTINGS } from '../config/settings.ts';
import { EXIT_CODE_MEANINGS } from '../errors/exit-codes.ts';
import { GLOBAL_FLAGS, REQUEST_TIMEOUT_FLAG } from '../flags/shared-flags.ts';
import { flagWords } from './flag-text.ts';
import { HELP_TOPIC_SUMMARIES } from './help-topic-summaries.ts';

interface HelpTopic {
  readonly name: string;
  readonly summary: string;
  readonly text: () => string;
}

export const OTHER_VARIABLES: readonly (readonly [string, string])[] = [
  ['OCPCTL_SERVER', 'URL of the server; overrides the context'],
  ['OCPCTL_CONTEXT', 'context to use'],
  ['OCPCTL_ACCESS_KEY_ID', 'access key id; overrides the context, together with OCPCTL_SECRET_ACCESS_KEY'],
  ['OCPCTL_SECRET_ACCESS_KEY', 'secret access key'],
  ['OCPCTL_SESSION_TOKEN', 'session token of temporary keys'],
  ['OCPCTL_AUTH', 'authentication: keys (server keys) or sts (AWS credentials); overrides the context'],
  ['OCPCTL_AWS_PROFILE', 'AWS profile to sign in with'],
  [
    'AWS_PROFILE',
    'AWS profile to sign in with, if OCPCTL_AWS_PROFILE and the context name none; other variables of the AWS SDK apply as well, such as AWS_CONFIG_FILE',
  ],
  ['AWS_REGION', 'AWS region of the STS endpoint, if the context names none; or AWS_DEFAULT_REGION'],
  ['OCPCTL_CA_FILE', 'CA certificates of the server, PEM; overrides the context'],
  ['OCPCTL_REGION', 'signing region'],
  [
    'XDG_CACHE_HOME',
    "directory for ocpctl's compiled code, in ocpctl/ (default: ~/.cache); it can be deleted at any time",
  ],
  ['NODE_DISABLE_COMPILE_CACHE', 'if 1, keeps and uses no compiled code'],
  ['OCPCTL_CONFIG_DIR', 'directory of config.json (default: $XDG_CONFIG_HOME/ocpctl or ~/.config/ocpctl)'],
  [
    'OTEL_EXPORTER_OTLP_ENDPOINT',
    'OpenTelemetry collector that gets the trace of each command, without /v1/traces; other standard variables apply as well, such as OTEL_EXPORTER_OTLP_HEADERS, OTEL_SERVICE_NAME and OTEL_TRACES_SAMPLER',
  ],
  ['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT', 'whole URL for traces, instead of OTEL_EXPORTER_OTLP_ENDPOINT'],
  ['TRACEPARENT', 'trace that the command continues (W3C Trace Context), also without a collector'],
  ['NO_COLOR', 'if set, disables color'],
  ['CLICOLOR', 'if 0, disables color'],
  ['CLICOLOR_FORCE', 'if set and not 0, enables color even if the output is not a terminal'],
  [
    'HTTPS_PROXY',
    'proxy for servers with https://, an http:// or https:// URL (also ALL_PROXY, and in lower case)',
  ],
  ['NO_PROXY', 'hosts that are reached without the proxy, separated by commas'],
  ['KUBECONFIG', "files of kubectl; the first is the one that 'ocpctl kubeconfig' changes"],
  ['SHELL', "shell that 'ocpctl shell' starts"],
  ['ZDOTDIR', "directory of the start-up files of zsh, which 'ocpctl shell' reads"],
  ['CI', 'if set, disables prompts and the live progress display'],
];

const CLUSTER_FILE = `'ocpctl create -f FILE' reads YAML or JSON with these fields; all of them can be left out, and flags override them.

  name              name of the cluster (default: generated)
  profile           cluster profile; required here or as --profile
  version           OpenShift version
  region            cloud region
  baseDomain        base domain
  workers           number of workers
  ttlHours          hours until the cluster expires, for example 8 or 1.5
  team              team that owns the cluster
  owner             owner of the cluster
  costCenter        cost center
  tags              tags of its cloud resources, KEY: VALUE lines; --tag adds to them
  set               fields of the install-config, PATH: VALUE lines; --set adds to them
  sshPublicKey      SSH public key for the nodes
  offhours          true: no workers outside of the working hours of the team
  onFailure         what to do if the creation fails: destroy or preserve
  keepaliveMinutes  destroy the cluster when no client has renewed it for this number of minutes

Texts stay as they are written, also without quotes: 4.20 as a version, yes as a tag. Example:

  name: demo
  profile: aws-minimal-test
  ttlHours: 8
  tags:
    purpose: e2e

'ocpctl create --profile NAME --dry-run -o yaml' prints such a file with all defaults filled in.
Its JSON Schema, for editors, is schemas/cluster-file.schema.json of the package.
`;

const TEXTS: Readonly<Record<(typeof HELP_TOPIC_SUMMARIES)[number]['name'], () => string>> = {
  'exit-codes': () =>
    twoColumns(Object.entries(EXIT_CODE_MEANINGS).sort(([a], [b]) => Number(a) - Number(b))),
  flags: () =>
    `They may also stand before the command. Commands that wait have a --timeout of their own: the time limit of the waiting.\n\n${twoColumns(
      [['-h, --help', 'Show help for the command'], ...flagsOfAllCommands('    ')],
    )}`,
  environment: () =>
    `Flags override environment variables; environment variables override the configuration file.\n\n${twoColumns(
      [
        ...SETTINGS.map(
          ({ variable, meaning, fallback }) => [variable, `${meaning} (default: ${fallback})`] as const,
        ),
        ...OTHER_VARIABLES,
      ],
    )}`,
  'cluster-file': () => CLUSTER_FILE,
};

/** Help topics that belong to no command: `ocpctl help NAME`. */
export const HELP_TOPICS: readonly HelpTopic[] = HELP_TOPIC_SUMMARIES.map(({ name, summary }) => ({
  name,
  summary,
  text: TEXTS[name],
}));

/** @param gap stands for the letter of a flag that has none */
export function flagsOfAllCommands(gap = ''): [flag: string, description: string][] {
  return Object.entries({ ...GLOBAL_FLAGS, ...REQUEST_TIMEOUT_FLAG }).map(([name, flag]) => [
    flagWords({ ...flag, name }, gap),
    flag.description ?? '',
  ]);
}

function twoColumns(rows: readonly (readonly [string, string])[]): string {
  const width = Math.max(...rows.map(([first]) => first.length));
  return `${rows.map(([first, second]) => `  ${first.padEnd(width)}  ${second}`).join('\n')}\n`;
}
