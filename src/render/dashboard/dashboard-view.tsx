import { Box, Text } from 'ink';
import type { Cluster, Job, JobEvent } from '../../contract/documents.ts';
import { shortDuration } from '../../contract/duration.ts';
import { printable } from '../../contract/escape.ts';
import { expiryText } from '../cluster.ts';
import { age, clockTime, countText, formatDollars, hourlyText } from '../format.ts';
import { attemptText } from '../job.ts';
import { statusStyle } from '../paint.ts';
import { cut, pad } from '../text-width.ts';
import { type DashboardState, MIN_DASHBOARD, rowsOf } from './dashboard-state.ts';

export interface DashboardViewProps {
  readonly state: DashboardState;
  readonly server: string;
  readonly now: Date;
  readonly columns: number;
  readonly rows: number;
}

const KEYS = '↑↓ select · PgUp PgDn page · Home End · q quit';

/** Clusters, the jobs of the selected one, and the log of its newest job. Only the visible rows are rendered: all of 500 take 50 ms a frame. */
export function DashboardView({ state, server, now, columns, rows }: DashboardViewProps) {
  if (columns < MIN_DASHBOARD.columns || rows < MIN_DASHBOARD.rows)
    return <Line text={`too small: ${MIN_DASHBOARD.columns}x${MIN_DASHBOARD.rows} is needed · q quit`} />;
  const { clusters, jobs, log } = rowsOf(rows);
  const shown = state.clusters.slice(state.top, state.top + clusters);
  const selected = state.clusters.find(({ id }) => id === state.selectedId);
  return (
    <Box flexDirection="column" width={columns}>
      <Line bold text={titleOf(state, server, now)} />
      <Line
        dim
        text={`  ${cells(columns, 'NAME', 'STATUS', 'OWNER', 'AGE', 'EXPIRES', 'COST', 'PROFILE')}`}
      />
      {shown.map((cluster) => (
        <ClusterLine
          key={cluster.id}
          cluster={cluster}
          columns={columns}
          now={now}
          isSelected={cluster.id === state.selectedId}
        />
      ))}
      <Filler rows={clusters - shown.length} text={state.clusters.length === 0 ? emptyText(state) : ''} />
      <Line bold text={selected === undefined ? 'Jobs' : `Jobs of ${selected.name}`} />
      {state.jobs.slice(0, jobs).map((job) => (
        <JobLine key={job.id} job={job} now={now} />
      ))}
      <Filler rows={jobs - state.jobs.slice(0, jobs).length} text="" />
      <Line bold text="Log" />
      {state.log.slice(-log).map((event) => (
        <LogLine key={event.seq} event={event} />
      ))}
      <Filler rows={log - state.log.slice(-log).length} text="" />
      <Line dim text={KEYS} />
    </Box>
  );
}

function titleOf({ clusters, top, readAt, problem }: DashboardState, server: string, now: Date): string {
  const perHour = clusters.reduce((sum, { hourlyCost }) => sum + hourlyCost, 0);
  const count = countText(clusters.length, 'cluster');
  const mode = clusters.some((cluster) => cluster.mode === 'sandbox') ? ' · sandbox' : '';
  const from = top > 0 ? ` from ${top + 1}` : '';
  const stale = readAt === undefined ? '' : `, as of ${shortDuration(now.getTime() - readAt.getTime())} ago`;
  const warning = problem === undefined ? '' : ` · ! ${problem}${stale}`;
  return `ocpctl ${server}${mode} · ${count}${from} · ${hourlyText(perHour)}${warning}`;
}

function emptyText({ readAt }: DashboardState): string {
  return readAt === undefined ? '  reading…' : '  no clusters';
}

/** Fixed, unlike those of tables, which fit their rows: the columns stay where they are while the list scrolls. */
const WIDTHS = [22, 14, 12, 7, 9, 9, 0];
/** Narrower ones have no room for the profile. */
const WIDE_COLUMNS = 100;

function cells(columns: number, ...texts: readonly string[]): string {
  const shown = columns < WIDE_COLUMNS ? texts.slice(0, -1) : texts;
  return shown.map((text, index) => cell(text, WIDTHS[index] ?? 0)).join(' ');
}

/** Texts of the server can be of any characters. */
function cell(text: string, width: number): string {
  const safe = printable(text);
  return pad(width > 0 ? cut(safe, width) : safe, width);
}

function ClusterLine(props: {
  readonly cluster: Cluster;
  readonly columns: number;
  readonly now: Date;
  readonly isSelected: boolean;
}) {
  const { cluster, now, columns, isSelected } = props;
  const { name, status, profile, owner, createdAt, costToDate } = cluster;
  const expires = expiryText(cluster, now).replace(/^in /, '');
  const cost = formatDollars(costToDate);
  const text = cells(columns, name, status, owner, age(createdAt, now), expires, cost, profile);
  return <Line text={`${isSelected ? '›' : ' '} ${text}`} inverse={isSelected} status={status} />;
}

function JobLine({ job, now }: { readonly job: Job; readonly now: Date }) {
  const { type, status, phase, createdAt, id, error } = job;
  const what = `${cell(type, 15)} ${cell(status, 9)} ${cell(phase ?? '-', 10)} ${cell(attemptText(job, '/'), 3)}`;
  return <Line text={`  ${what} ${age(createdAt, now).padStart(7)} ${error?.code ?? id}`} status={status} />;
}

function LogLine({ event }: { readonly event: JobEvent }) {
  const isBad = event.level === 'error';
  return (
    <Line
      dim={!isBad}
      text={`  ${clockTime(event.at)} ${event.message}`}
      {...(isBad ? { status: 'FAILED' } : {})}
    />
  );
}

function Filler({ rows, text }: { readonly rows: number; readonly text: string }) {
  return rows > 0 ? <Text>{`${text} ${'\n'.repeat(rows - 1)}`}</Text> : null;
}

function Line(props: {
  readonly text: string;
  readonly bold?: boolean;
  readonly dim?: boolean;
  readonly inverse?: boolean;
  readonly status?: string;
}) {
  const { text, bold = false, dim = false, inverse = false, status } = props;
  const style = status === undefined ? undefined : statusStyle(status);
  const color = style === 'dim' || style === 'bold' ? undefined : style;
  return (
    <Text
      wrap="truncate-end"
      bold={bold}
      dimColor={dim || style === 'dim'}
      inverse={inverse}
      {...(color ? { color } : {})}
    >
      {printable(text)}
    </Text>
  );
}
