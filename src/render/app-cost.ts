import type { AppCostDocument } from '../contract/documents.ts';
import { formatDollars } from './format.ts';

/** `$0.12 so far, $0.0425 per hour`. Without a price, no amount is shown: it would look like nothing. */
export function appCostText({ hourly, toDate, unpricedHours }: AppCostDocument): string {
  const unpriced = unpricedHours === 0 ? [] : [`${unpricedHours.toFixed(2)} instance hours without a price`];
  if (toDate === 0 && hourly === 0) return unpriced[0] ?? 'nothing yet';
  const perHour = hourly === 0 ? [] : [`${smallDollars(hourly)} per hour`];
  return [`${smallDollars(toDate)} so far`, ...perHour, ...unpriced].join(', ');
}

/** For a column. */
export function appCostCell({ hourly, toDate, unpricedHours }: AppCostDocument): string {
  return toDate === 0 && hourly === 0 && unpricedHours > 0 ? 'no price' : smallDollars(toDate);
}

/** An hour of an instance costs a few cents: what is below a dollar has four decimals. */
export function smallDollars(amount: number): string {
  return amount > 0 && amount < 1 ? `$${amount.toFixed(4)}` : formatDollars(amount);
}
