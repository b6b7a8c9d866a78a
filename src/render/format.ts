import { shortDuration } from '../contract/duration.ts';
import type { TableColumn } from './view.ts';

/** On screens of a simulated cloud, where prices look like those of a real one. */
export const SANDBOX_NOTE = 'sandbox: simulated cloud, nothing is billed';

/** A time in a record: `2026-01-02 15:04:05Z (in 3h)`. */
export function longTime(at: string, now: Date): string {
  return `${dateTime(at)} (${relativeTime(at, now)})`;
}

/** Date, time and zone: `2026-01-02 15:04:05Z`. */
export function dateTime(at: string): string {
  return `${new Date(at).toISOString().slice(0, 19).replace('T', ' ')}Z`;
}

/** A time relative to now: `in 3h10m`, `5m ago`, `now`. */
export function relativeTime(at: string, now: Date): string {
  const distanceMs = new Date(at).getTime() - now.getTime();
  if (Math.abs(distanceMs) < 1000) return 'now';
  return distanceMs > 0 ? `in ${shortDuration(distanceMs)}` : `${shortDuration(-distanceMs)} ago`;
}

/** The age of a time, for an AGE column. */
export function age(at: string, now: Date): string {
  return shortDuration(Math.max(0, now.getTime() - new Date(at).getTime()));
}

/** The column AGE of a list. @param at the time at which a row began, null if it is not known */
export function ageColumn<Row>(at: (row: Row) => string | null, now: Date): TableColumn<Row> {
  return {
    header: 'AGE',
    text(row) {
      const began = at(row);
      return began === null ? '' : age(began, now);
    },
    exact: (row) => at(row) ?? '',
    isAge: true,
  };
}

/** Time of day and zone, for log lines: `15:04:05Z`. */
export function clockTime(at: string | Date): string {
  return `${new Date(at).toISOString().slice(11, 19)}Z`;
}

/** US dollars with two decimals: `$0.70`, `$1,204.00`. */
export function formatDollars(amount: number): string {
  return `$${decimal(amount, 2)}`;
}

/** A rate: `$0.70 per hour`. */
export function hourlyText(hourlyCost: number): string {
  return `${formatDollars(hourlyCost)} per hour`;
}

/** What a planned cluster costs: `$0.50 per hour, $0.75 until it expires`. */
export function planCostText({ hourlyCost, costForTTL }: PlanCost): string {
  return `${hourlyText(hourlyCost)}, ${formatDollars(costForTTL)} until it expires`;
}

interface PlanCost {
  readonly hourlyCost: number;
  readonly costForTTL: number;
}

/** A number of things: `1 worker`, `3 workers`. @param noun in the singular, of which the plural ends with s */
export function countText(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

/** A unit price, which may be below a cent: `$0.192`. */
export function formatUnitPrice(amount: number): string {
  return `$${decimal(amount, 4)}`;
}

/** With two to `maxDigits` decimals, as `toLocaleString('en-US')`, whose first use loads ICU: 12 ms, half of a quick command. */
function decimal(amount: number, maxDigits: number): string {
  // Half up by the digits that the number is shown with: 1.005 is 1.01, although its binary value is less.
  const scaled = Math.round(Number(`${Math.abs(amount)}e${maxDigits}`));
  // Numbers with an exponent are below a hundredth of a cent, or beyond any bill.
  const absolute = (Number.isNaN(scaled) ? Math.abs(amount) : scaled / 10 ** maxDigits).toFixed(maxDigits);
  const [whole = '', fraction = ''] = absolute.split('.');
  const decimals = fraction.slice(0, 2) + fraction.slice(2).replace(/0+$/, '');
  return `${amount < 0 ? '-' : ''}${whole.replace(/\B(?=(\d{3})+$)/g, ',')}.${decimals}`;
}
