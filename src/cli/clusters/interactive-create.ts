// Load this with `await import('./interactive-create.ts')`: only a terminal needs it.
import { ApiError } from '../../client/api-error.ts';
import type { ClusterPlan, ProfileDocument } from '../../contract/documents.ts';
import { formatDuration, parseDurationMs } from '../../contract/duration.ts';
import { printable } from '../../contract/escape.ts';
import { countText, formatDollars, planCostText, SANDBOX_NOTE } from '../../render/format.ts';
import { UsageError } from '../errors/cli-error.ts';
import { Dialog } from '../output/dialog.ts';
import type { Session } from '../session.ts';
import {
  type ClusterRequestBody,
  type ClusterRequestFlags,
  clusterRequest,
  generatedName,
} from './cluster-request.ts';
import { requestPlan } from './request-cluster.ts';

export interface Answers {
  readonly request: ClusterRequestBody;
  /** The command that asks for nothing and creates the same. */
  readonly command: string;
}

interface Given {
  readonly argument: string | undefined;
  readonly flags: ClusterRequestFlags & { readonly 'dry-run': boolean };
  readonly file: Partial<ClusterRequestBody>;
  /** The words after `ocpctl create`. */
  readonly words: readonly string[];
}

type Answered = Record<'profile', string> & Partial<Record<'version' | 'region' | 'ttl' | 'name', string>>;

const HOUR_MS = 3_600_000;
const SUGGESTED_HOURS = [2, 4, 8, 24, 72];

/**
 * Asks for what `create` was not given, shows the plan, and asks whether to create it.
 * @throws InterruptedError on Ctrl-C, UsageError when the plan is not confirmed: nothing was created
 */
export async function askForCluster(session: Session, given: Given): Promise<Answers> {
  const { data } = await session.client.GET('/v1/profiles');
  const [first, ...others] = data.items.filter(({ enabled }) => enabled);
  if (first === undefined) throw new UsageError('the server has no profile to create clusters with');
  const dialog = await Dialog.open(session.io, 'interrupted; nothing was created');
  if (session.isSandbox) dialog.say(SANDBOX_NOTE);
  try {
    const profile = await askForProfile(dialog, [first, ...others]);
    const answered = await askForPlacement(dialog, given, profile);
    const ttl = await askForTtl(dialog, given, profile, async () =>
      requestPlan(session, await requestOf(given, answered)),
    );
    return await confirmPlan(session, dialog, given, { ...answered, ...(ttl !== undefined && { ttl }) });
  } finally {
    dialog.close();
  }
}

function requestOf({ argument, flags, file }: Given, answered: Answered): Promise<ClusterRequestBody> {
  return clusterRequest(argument, { ...flags, ...answered }, file);
}

async function askForProfile(
  dialog: Dialog,
  profiles: readonly [ProfileDocument, ...ProfileDocument[]],
): Promise<ProfileDocument> {
  const chosen = await dialog.choose(
    'Profile',
    profiles.map(({ name: value, platform, estimatedHourlyCost, description, displayName }) => ({
      value,
      cells: [platform, `${formatDollars(estimatedHourlyCost)}/h`, description ?? displayName],
    })),
  );
  return profiles.find(({ name }) => name === chosen) ?? profiles[0];
}

async function askForPlacement(
  dialog: Dialog,
  { flags, file }: Given,
  profile: ProfileDocument,
): Promise<Answered> {
  const answered: Answered = { profile: profile.name };
  const choose = async (title: string, { allowlist, default: fallback }: ProfileDocument['regions']) =>
    allowlist.length < 2
      ? undefined
      : dialog.choose(
          title,
          allowlist.map((value) => ({ value, cells: value === fallback ? ['default'] : [] })),
          { fallback },
        );
  if ((flags.version ?? file.version) === undefined) {
    const version = await choose('OpenShift version', profile.openshiftVersions);
    if (version !== undefined) answered.version = version;
  }
  if ((flags.region ?? file.region) === undefined) {
    const region = await choose('Region', profile.regions);
    if (region !== undefined) answered.region = region;
  }
  return answered;
}

/** @returns undefined when it is given, or when the profile has only one */
async function askForTtl(
  dialog: Dialog,
  { flags, file }: Given,
  { lifecycle: { allowCustomTTL, defaultTTLHours, maxTTLHours } }: ProfileDocument,
  plan: () => Promise<ClusterPlan>,
): Promise<string | undefined> {
  if (flags.ttl !== undefined || file.ttlHours !== undefined || !allowCustomTTL) return undefined;
  const { hourlyCost } = await plan();
  const hours = [...new Set([...SUGGESTED_HOURS, defaultTTLHours, maxTTLHours])]
    .filter((candidate) => candidate <= maxTTLHours)
    .sort((a, b) => a - b);
  const text = (count: number) => formatDuration(count * HOUR_MS);
  const ttl = await dialog.choose(
    'Time until it expires',
    hours.map((count) => ({
      value: text(count),
      cells: [
        formatDollars(count * hourlyCost),
        count === defaultTTLHours ? 'default' : count === maxTTLHours ? 'maximum' : '',
      ],
    })),
    {
      fallback: text(defaultTTLHours),
      prompt: 'Number, or a duration such as 90m, 8h or 3d',
      other(answer) {
        const ms = parseDurationMs(answer);
        if (ms === undefined || ms === 0)
          return { problem: `invalid duration "${answer}": use 90m, 8h or 3d` };
        return ms <= maxTTLHours * HOUR_MS
          ? { value: answer }
          : { problem: `the maximum of this profile is ${text(maxTTLHours)}` };
      },
    },
  );
  return ttl;
}

/** Asks for the name, again while the server does not accept it, and shows what would be created. */
async function confirmPlan(
  session: Session,
  dialog: Dialog,
  given: Given,
  chosen: Answered,
): Promise<Answers> {
  const isNamed = (given.argument ?? given.flags.name ?? given.file.name) !== undefined;
  for (;;) {
    const answered = isNamed ? chosen : { ...chosen, name: await askForName(dialog) };
    const request = await requestOf(given, answered);
    const plan = await requestPlan(session, request).catch((error: unknown) => {
      if (isNamed || !isAboutName(error)) {
        dialog.say(`To try again without questions: ${commandOf(given, answered)}`);
        throw error;
      }
      for (const { message } of error.errors.length > 0 ? error.errors : [error])
        dialog.say(`  ${printable(message)}`);
      return undefined;
    });
    if (plan === undefined) continue;
    for (const line of planLines(plan)) dialog.say(printable(line));
    if (!given.flags['dry-run'] && !(await dialog.confirm('Create it?', true)))
      throw new UsageError('not confirmed; nothing was created');
    return { request, command: commandOf(given, answered) };
  }
}

function askForName(dialog: Dialog): Promise<string> {
  const generated = generatedName();
  return dialog.askUntil(`Name [${generated}]: `, (answer) => ({
    value: answer === '' ? generated : answer,
  }));
}

function isAboutName(error: unknown): error is ApiError {
  return (
    error instanceof ApiError &&
    (error.code === 'NAME_TAKEN' || error.errors.some(({ field }) => field === 'name'))
  );
}

function planLines(plan: ClusterPlan): string[] {
  const { request, warnings } = plan;
  const ttl = formatDuration(request.ttlHours * HOUR_MS);
  const workers = countText(request.workerReplicas, 'worker');
  return [
    '',
    `${request.name}.${request.baseDomain}: OpenShift ${request.version}, ${request.region}, ${workers}`,
    `Profile ${request.profile}, team ${request.team}, owner ${request.owner}`,
    `${planCostText(plan)} after ${ttl}`,
    ...warnings.map((warning) => `Warning: ${warning}`),
  ];
}

function commandOf({ words }: Given, answered: Answered): string {
  const { name, ...flags } = answered;
  const added = Object.entries(flags).flatMap(([flag, value]) => [`--${flag}`, value]);
  // After a -- every word is an argument.
  const end = words.indexOf('--') < 0 ? words.length : words.indexOf('--');
  const all = [...(name === undefined ? [] : [name]), ...words.slice(0, end), ...added, ...words.slice(end)];
  return ['ocpctl', 'create', ...all].map(shellWord).join(' ');
}

/** As sh, bash, zsh and fish read it. */
function shellWord(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
