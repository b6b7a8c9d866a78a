import { stringify } from 'yaml';
import type { AppDeploymentPlan } from '../../contract/documents.ts';
import type { DeploymentRequest } from './deploy.ts';

const FIRST_LINE = "# Settings of a service, for 'ocpctl app deploy'. Flags win over them.";
/** Why each field is what it is: in the comment before it. */
const KINDS = '# web and static get a URL, a worker does not; cron runs by its schedule';
const HEALTH = `# Asked before a new instance gets requests: must answer 2xx or 3xx. Without it, a TCP connection is enough.
# health:
#   path: /healthz`;

export interface AppFileRequest {
  readonly settings: DeploymentRequest['settings'] | undefined;
  readonly environment?: string | undefined;
  readonly team?: string | undefined;
  /** Whether the command that was found starts the same when it is given. */
  readonly writesStart: boolean;
}

/** The text of an `app.yaml` with what was found and what was given, and why. */
export function appFileText(
  { service, start, settings, facts }: AppDeploymentPlan,
  { settings: given = {}, environment, team, writesStart }: AppFileRequest,
): string {
  const { kind: _kind, start: _start, ...others } = given;
  const { kind = 'web', memoryMb = 0 } = settings;
  const foundStart = writesStart ? stringify({ start }) : `# ${stringify({ start })}`;
  const parts = [
    FIRST_LINE,
    stringify({ name: service, environment, team }),
    ...facts.map(({ what, why }) => comment(`${what}: ${why}`)),
    KINDS,
    stringify({ kind }),
    // Files are served by a program of ocpctl: there is nothing to start.
    ...(kind === 'static' ? [] : [foundStart]),
    ...(Object.keys(others).length === 0 ? [] : [stringify(others)]),
    ...(given.memoryMb === undefined ? [`# memoryMb: ${memoryMb}`] : []),
    ...(given.replicas === undefined && kind !== 'cron' ? ['# replicas: 1'] : []),
    ...(given.health === undefined && kind === 'web' ? [HEALTH] : []),
  ];
  return `${parts.map((part) => part.trimEnd()).join('\n')}\n`;
}

function comment(text: string): string {
  return `# ${text.replaceAll(/\s+/g, ' ')}`;
}
