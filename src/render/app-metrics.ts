import type { AppService, AppServiceMetrics, AppServiceSample } from '../contract/documents.ts';
import { clockTime, dateTime } from './format.ts';
import { sparkline } from './sparkline.ts';
import { type Block, type ListView, listView } from './view.ts';

const MIB = 1024 * 1024;
/** Cells of a sparkline. */
const CELLS = 30;
const DAY_SECONDS = 86_400;

/** The table of `ocpctl app metrics`. */
export function metricsList(metrics: AppServiceMetrics): ListView<AppServiceSample> {
  const { stepSeconds, items } = metrics;
  const [first] = items;
  const isLong =
    first !== undefined && Date.parse(items.at(-1)?.at ?? '') - Date.parse(first.at) > DAY_SECONDS * 1_000;
  return listView({
    document: metrics,
    rows: items,
    name: ({ at }) => at,
    columns: [
      { header: 'TIME', text: ({ at }) => (isLong ? dateTime(at) : clockTime(at)), exact: ({ at }) => at },
      { header: 'CPU', text: ({ cpus }) => cpuText(cpus), exact: exactly('cpus'), align: 'right' },
      {
        header: 'MEMORY',
        text: ({ memoryBytes }) => memoryText(memoryBytes),
        exact: exactly('memoryBytes'),
        align: 'right',
      },
      {
        header: 'REQ/S',
        key: 'requests_per_second',
        text: ({ requests }) => (requests / stepSeconds).toFixed(1),
        exact: ({ requests }) => String(requests / stepSeconds),
        align: 'right',
      },
      { header: 'P50', text: ({ p50Ms }) => latencyText(p50Ms), exact: exactly('p50Ms'), align: 'right' },
      { header: 'P95', text: ({ p95Ms }) => latencyText(p95Ms), exact: exactly('p95Ms'), align: 'right' },
      { header: '4XX', text: ({ clientErrors }) => String(clientErrors), align: 'right' },
      {
        header: '5XX',
        text: ({ serverErrors }) => String(serverErrors),
        style: ({ serverErrors }) => (serverErrors > 0 ? 'red' : undefined),
        align: 'right',
      },
    ],
    whenEmpty:
      stepSeconds > 60
        ? 'No hour with figures has ended yet. --step 1m shows the minutes.'
        : 'Nothing was measured in this time. Figures come every 15 s while instances run.',
  });
}

/** The block of `ocpctl app get`: the last minutes as sparklines with the newest figure; nothing before there are figures. */
export function metricsBlocks({ settings, kind }: AppService, metrics: AppServiceMetrics): Block[] {
  const { items, stepSeconds } = metrics;
  const last = items.at(-1);
  if (last === undefined) return [];
  const cells = cellsOf(items, stepSeconds);
  const line = (of: (sample: AppServiceSample) => number | null, text: string) =>
    `${sparkline(cells.map((sample) => (sample === null ? null : of(sample))))}  ${text}`;
  const requests = sumOf(items, 'requests');
  const failed = sumOf(items, 'serverErrors');
  const perSecond = (last.requests / stepSeconds).toFixed(1);
  const of = settings.memoryMb === undefined ? '' : `, an instance may have ${settings.memoryMb} MiB`;
  const traffic: Block['fields'] =
    kind === 'worker'
      ? []
      : [
          ['Requests', line((sample) => sample.requests, `${perSecond}/s, ${requests} in all`)],
          [
            'Latency',
            line((sample) => sample.p95Ms, `p50 ${latencyText(last.p50Ms)}, p95 ${latencyText(last.p95Ms)}`),
          ],
          ['5xx', line((sample) => sample.serverErrors, String(failed)), failed > 0 ? 'red' : undefined],
        ];
  const fields: Block['fields'] = [
    ['CPU', line(({ cpus }) => cpus, cpuText(last.cpus))],
    ['Memory', line(({ memoryBytes }) => memoryBytes, `${memoryText(last.memoryBytes)}${of}`)],
    ...traffic,
  ];
  return [{ title: 'Last 15 minutes', fields }];
}

/** The newest steps, with null for those that were left out. */
function cellsOf(items: readonly AppServiceSample[], stepSeconds: number): (AppServiceSample | null)[] {
  const end = Date.parse(items.at(-1)?.at ?? '');
  const byTime = new Map(items.map((sample) => [Date.parse(sample.at), sample]));
  return Array.from(
    { length: CELLS },
    (_, cell) => byTime.get(end - (CELLS - 1 - cell) * stepSeconds * 1_000) ?? null,
  );
}

type Figure = 'cpus' | 'memoryBytes' | 'p50Ms' | 'p95Ms';

const exactly = (figure: Figure) => (sample: AppServiceSample) => String(sample[figure] ?? '');

function sumOf(items: readonly AppServiceSample[], figure: 'requests' | 'serverErrors'): number {
  return items.reduce((sum, sample) => sum + sample[figure], 0);
}

function cpuText(cpus: number | null): string {
  return cpus === null ? '-' : cpus.toFixed(2);
}

function memoryText(bytes: number | null): string {
  return bytes === null ? '-' : `${Math.round(bytes / MIB)} MiB`;
}

function latencyText(ms: number | null): string {
  if (ms === null) return '-';
  return ms < 10 ? `${ms.toFixed(1)} ms` : `${Math.round(ms)} ms`;
}
