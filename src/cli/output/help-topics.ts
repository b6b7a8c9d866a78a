import { SETTINGS } from '../config/settings.ts';
import { EXIT_CODE_MEANINGS } from '../errors/exit-codes.ts';

interface HelpTopic {
  readonly name: string;
  readonly summary: string;
  readonly text: () => string;
}

export const OTHER_VARIABLES: readonly (readonly [string, string])[] = [
  ['OCPCTL_SERVER', 'URL of the server; wins over the context'],
  ['OCPCTL_CONTEXT', 'name of the context to use'],
  [
    'OCPCTL_ACCESS_KEY_ID',
    'key that signs requests, with OCPCTL_SECRET_ACCESS_KEY; both win over the context',
  ],
  ['OCPCTL_SECRET_ACCESS_KEY', 'its secret half'],
  ['OCPCTL_SESSION_TOKEN', 'token of temporary keys'],
  ['OCPCTL_AUTH', 'sts: sign in with AWS credentials; keys: with keys of the server; wins over the context'],
  ['OCPCTL_AWS_PROFILE', 'profile of the AWS configuration to sign in with'],
  ['OCPCTL_CA_FILE', "PEM file with the authorities that may vouch for the server; wins over the context's"],
  ['OCPCTL_REGION', 'region that requests are signed for'],
  ['OCPCTL_CONFIG_DIR', 'folder of config.json (default: $XDG_CONFIG_HOME/ocpctl or ~/.config/ocpctl)'],
  ['NO_COLOR', 'not empty: no colours'],
  ['CLICOLOR_FORCE', 'not 0: colours also in a pipe'],
  ['CI', 'not empty: no questions, progress as plain lines'],
];

/** Pages that belong to no command: `ocpctl help NAME`. */
export const HELP_TOPICS: readonly HelpTopic[] = [
  {
    name: 'exit-codes',
    summary: 'What each exit code means',
    text: () => twoColumns(Object.entries(EXIT_CODE_MEANINGS).sort(([a], [b]) => Number(a) - Number(b))),
  },
  {
    name: 'environment',
    summary: 'The environment variables that ocpctl reads',
    text: () =>
      `A flag wins over the environment, the environment over the configuration file.\n\n${twoColumns([
        ...SETTINGS.map(
          ({ variable, meaning, fallback }) => [variable, `${meaning} (default: ${fallback})`] as const,
        ),
        ...OTHER_VARIABLES,
      ])}`,
  },
];

function twoColumns(rows: readonly (readonly [string, string])[]): string {
  const width = Math.max(...rows.map(([first]) => first.length));
  return `${rows.map(([first, second]) => `  ${first.padEnd(width)}  ${second}`).join('\n')}\n`;
}
