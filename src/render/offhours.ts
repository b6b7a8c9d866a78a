import type { Cluster, OffhoursDocument } from '../contract/documents.ts';
import { DAYS, localTimeText } from '../contract/working-hours.ts';
import { longTime, relativeTime } from './format.ts';
import { scalesBlock } from './offhours-scales.ts';
import { type Block, type ListView, listDocument, listView, type RecordView, recordView } from './view.ts';

const ORDER: readonly string[] = DAYS;

type Hours = Pick<OffhoursDocument, 'timezone' | 'start' | 'end' | 'days'>;

/** `08:00-19:00 mon-fri Europe/Berlin` */
function hoursText({ start, end, days, timezone }: Hours): string {
  return `${start}-${end} ${daysText(days)} ${timezone}`;
}

/** Runs of three days or more as ranges: `mon-fri`, `mon,wed,fri`. */
function daysText(days: readonly string[]): string {
  const runs: string[][] = [];
  for (const day of days) {
    const last = runs.at(-1);
    const isNext = last !== undefined && ORDER.indexOf(day) === ORDER.indexOf(last.at(-1) ?? '') + 1;
    if (isNext) last.push(day);
    else runs.push([day]);
  }
  return runs.map((run) => (run.length > 2 ? `${run[0]}-${run.at(-1)}` : run.join(','))).join(',');
}

/** `2026-11-30 08:00 Europe/Berlin = 2026-11-30 07:00:00Z (in 3h)` */
function bothTimes(at: string, local: string, timezone: string, now: Date): string {
  return `${localTimeText(local, timezone)} = ${longTime(at, now)}`;
}

/** The block of `ocpctl offhours set`, `show` and `clear`. */
export function offhoursRecord(offhours: OffhoursDocument, now: Date, title: string): RecordView {
  const { team, isWorking, next, holidays, clusters, timezone, updatedAt, updatedBy } = offhours;
  const today = now.toISOString().slice(0, 10);
  const coming = holidays.filter((date) => date >= today);
  const block: Block = {
    title,
    fields: [
      ['Hours', hoursText(offhours)],
      ['Now', isWorking ? 'working hours' : 'off-hours'],
      ...next.map(
        ({ at, local, isWorking: begins }) =>
          [begins ? 'Hours begin' : 'Hours end', bothTimes(at, local, timezone, now)] as const,
      ),
      ['Holidays', holidaysText(coming)],
      ['Clusters', `${clusters} opted in`],
      ['Set', `${longTime(updatedAt, now)} by ${updatedBy}`],
    ],
  };
  return recordView({ document: offhours, name: team, blocks: [block, scalesBlock(offhours, now)] });
}

/** The table of `ocpctl offhours list`. */
export function offhoursList(schedules: readonly OffhoursDocument[], now: Date): ListView<OffhoursDocument> {
  return listView({
    document: listDocument(schedules),
    rows: schedules,
    columns: [
      { header: 'TEAM', text: ({ team }) => team },
      { header: 'HOURS', text: hoursText },
      {
        header: 'NOW',
        text: ({ isWorking }) => (isWorking ? 'working hours' : 'off-hours'),
        exact: ({ isWorking }) => (isWorking ? 'working' : 'off'),
      },
      {
        header: 'UNTIL',
        text: ({ next: [first] }) => (first ? relativeTime(first.at, now) : ''),
        exact: ({ next: [first] }) => first?.at ?? '',
      },
      { header: 'CLUSTERS', text: ({ clusters }) => String(clusters), align: 'right' },
      { header: 'SET BY', text: ({ updatedBy }) => updatedBy, wide: true },
    ],
    name: ({ team }) => team,
    whenEmpty: "No team has working hours. 'ocpctl offhours set TEAM' sets them.",
  });
}

function holidaysText(coming: readonly string[]): string {
  const [first] = coming;
  if (first === undefined) return 'none to come';
  return coming.length === 1 ? first : `${coming.length} to come, from ${first} to ${coming.at(-1)}`;
}

/** The block of a cluster in `ocpctl get`: empty for one that did not opt in. */
export function offhoursBlock({ name, team, offhours }: Cluster, now: Date): Block {
  if (offhours === null) return { title: 'Off-hours', fields: [] };
  const { optedIn, schedule, workersInHours, blocked, hold, next, last } = offhours;
  return {
    title: 'Off-hours',
    fields: [
      ['Hours', scheduleText({ name, team, offhours })],
      ...(optedIn ? ([['Workers in hours', String(workersInHours)]] as const) : []),
      ...(blocked === null ? [] : ([['Not scaled', blocked, 'yellow']] as const)),
      ...(hold === null ? [] : ([['Held', holdText(hold, schedule, now)]] as const)),
      ...(next === null && (schedule === null || blocked !== null)
        ? []
        : ([['Next scale', nextText(offhours, now)]] as const)),
      ...(last === null ? [] : ([['Last scale', lastText(last, now)]] as const)),
    ],
  };
}

function scheduleText({ name, team, offhours }: Pick<Cluster, 'name' | 'team' | 'offhours'>): string {
  if (offhours?.schedule) return hoursText(offhours.schedule);
  if (offhours?.optedIn)
    return `none: team ${team} has no schedule, so the workers stay; a platform admin of the team sets one: ocpctl offhours set ${team}`;
  return `none: ${name} opted out`;
}

type Offhours = NonNullable<Cluster['offhours']>;

/** `by local:ann until 2026-11-30 19:00 Europe/Berlin = 2026-11-30 18:00:00Z (in 3h)` */
function holdText(
  { at, local, by }: NonNullable<Offhours['hold']>,
  schedule: Offhours['schedule'],
  now: Date,
) {
  return `${by === null ? '' : `by ${by} `}${untilText(at, local, schedule, now)}`;
}

function untilText(at: string | null, local: string | null, schedule: Offhours['schedule'], now: Date) {
  if (at === null) return 'until the schedule changes';
  return `until ${local === null || schedule === null ? longTime(at, now) : bothTimes(at, local, schedule.timezone, now)}`;
}

/** `to 0 by system:off-hours (FAILED), 2026-11-30 18:00:00Z (2h ago): the working hours of team payments ended` */
function lastText({ workers, by, status, at, reason }: NonNullable<Offhours['last']>, now: Date): string {
  const outcome = status === 'SUCCEEDED' ? '' : ` (${status})`;
  return `to ${workers} by ${by}${outcome}, ${longTime(at, now)}${reason === null ? '' : `: ${reason}`}`;
}

/** What a scale by hand means to the schedule of the team; empty where none holds. */
export function holdNote({ name, team, offhours }: Cluster, now: Date): string {
  if (!offhours?.hold) return '';
  const { hold, schedule, next } = offhours;
  const then = next !== null && next.at === hold.at ? `, then scales it to ${next.workers}` : '';
  return `The off-hours schedule of team ${team} leaves ${name} alone ${untilText(hold.at, hold.local, schedule, now)}${then}.`;
}

function nextText({ schedule, next }: Offhours, now: Date): string {
  if (next === null) return 'none before the cluster expires';
  if (next.at === null) return `to ${next.workers}, when the cluster is READY`;
  const time =
    next.local === null || schedule === null
      ? longTime(next.at, now)
      : bothTimes(next.at, next.local, schedule.timezone, now);
  return `to ${next.workers}, ${time}`;
}

/** In a table: `0 in 3h`. */
export function nextScaleText({ offhours }: Cluster, now: Date): string {
  if (!offhours?.next) return '';
  return `${offhours.next.workers} ${offhours.next.at === null ? 'when READY' : relativeTime(offhours.next.at, now)}`;
}

/** The result of `offhours opt-in` and `opt-out`: NAME OFF-HOURS WORKERS NEXT SCALE. */
export function switchedOffhours(
  switched: { readonly cluster: Cluster },
  now: Date,
): ListView<{ readonly cluster: Cluster }> {
  return listView({
    document: switched,
    rows: [switched],
    columns: [
      { header: 'NAME', text: ({ cluster }) => cluster.name },
      { header: 'OFF-HOURS', text: ({ cluster }) => (cluster.offhours?.optedIn ? 'opted in' : 'opted out') },
      { header: 'WORKERS', text: ({ cluster }) => String(cluster.workerReplicas), align: 'right' },
      {
        header: 'NEXT SCALE',
        text: ({ cluster }) => nextScaleText(cluster, now),
        exact: ({ cluster }) => cluster.offhours?.next?.at ?? '',
      },
    ],
    name: ({ cluster }) => cluster.name,
  });
}
