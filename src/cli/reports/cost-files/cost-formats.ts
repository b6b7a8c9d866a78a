import {
  amountOf,
  assertDollars,
  type CostRow,
  clusterTag,
  isClusterTag,
  isEmpty,
  type RawRow,
  timeOf,
} from './cost-row.ts';

/** A kind of cost export, recognised by its columns. */
export interface CostFormat {
  readonly name: string;
  /** Columns that are read; the others are skipped. */
  readonly columns: readonly string[];
  /** @throws CostRowError */
  parse(row: RawRow): CostRow;
}

/** @returns undefined when the columns are of none that is known */
export function costFormatOf(columns: readonly string[]): CostFormat | undefined {
  const has = (...names: readonly string[]) => names.every((name) => columns.includes(name));
  if (has('EffectiveCost', 'ChargePeriodStart', 'ChargePeriodEnd')) return focus(columns);
  if (has('line_item_unblended_cost', 'line_item_usage_start_date', 'resource_tags'))
    return curFormat('AWS CUR 2.0', underscored, columns);
  if (has('line_item_unblended_cost', 'line_item_usage_start_date'))
    return curFormat('AWS CUR (legacy, Parquet)', underscored, columns);
  if (has('lineItem/UnblendedCost', 'lineItem/UsageStartDate'))
    return curFormat('AWS CUR (legacy)', slashed, columns);
  return undefined;
}

/** AWS leaves columns null where FOCUS forbids it; of those that are read, only EffectiveCost could be, and BilledCost is there then. */
function focus(columns: readonly string[]): CostFormat {
  return {
    name: 'FOCUS',
    columns: present(columns, [
      'EffectiveCost',
      'BilledCost',
      'BillingCurrency',
      'ChargePeriodStart',
      'ChargePeriodEnd',
      'Tags',
      'x_CostBasis',
    ]),
    parse(row) {
      assertDollars(row, 'BillingCurrency');
      return {
        cost: amountOf(row, isEmpty(row['EffectiveCost']) ? 'BilledCost' : 'EffectiveCost'),
        clusterId: clusterTag(row, 'Tags'),
        start: timeOf(row, 'ChargePeriodStart'),
        end: timeOf(row, 'ChargePeriodEnd'),
      };
    },
  };
}

/** How a report writes the name of a column: `lineItem/LineItemType` or `line_item_line_item_type`. */
type Naming = (group: string, name: string) => string;
const slashed: Naming = (group, name) => `${group}/${name}`;
/** As AWS does it: each capital, so that `ReservationARN` is `reservation_a_r_n`. */
const snake = (text: string) => text.replace(/(?<!^)(?=[A-Z])/g, '_').toLowerCase();
const underscored: Naming = (group, name) => `${snake(group)}_${snake(name)}`;

/**
 * The amortised cost of a line: usage that a commitment covers has its effective cost, the unused part of the commitment is added, and
 * what was paid for the commitment itself (upfront, negation) is left out.
 */
function curFormat(name: string, naming: Naming, columns: readonly string[]): CostFormat {
  const item = (column: string) => naming('lineItem', column);
  const plan = (column: string) => naming('savingsPlan', column);
  const reserved = (column: string) => naming('reservation', column);
  const tagColumn = columns.find(
    (column) =>
      /^resource_?tags[/_]/i.test(column) && isClusterTag(column.replace(/^resource_?tags[/_]/i, '')),
  );
  const costOf = (row: RawRow): bigint => {
    switch (String(row[item('LineItemType')] ?? '')) {
      case 'SavingsPlanCoveredUsage':
        return amountOf(row, plan('SavingsPlanEffectiveCost'));
      case 'DiscountedUsage':
        return amountOf(row, reserved('EffectiveCost'));
      case 'SavingsPlanNegation':
      case 'SavingsPlanUpfrontFee':
        return 0n;
      case 'SavingsPlanRecurringFee':
        return amountOf(row, plan('TotalCommitmentToDate')) - amountOf(row, plan('UsedCommitment'));
      case 'RIFee':
        return (
          amountOf(row, reserved('UnusedAmortizedUpfrontFeeForBillingPeriod')) +
          amountOf(row, reserved('UnusedRecurringFee'))
        );
      case 'Fee':
        return isEmpty(row[reserved('ReservationARN')]) ? amountOf(row, item('UnblendedCost')) : 0n;
      default:
        return amountOf(row, item('UnblendedCost'));
    }
  };
  return {
    name,
    columns: present(columns, [
      ...['LineItemType', 'UnblendedCost', 'CurrencyCode', 'UsageStartDate', 'UsageEndDate'].map(item),
      ...['SavingsPlanEffectiveCost', 'TotalCommitmentToDate', 'UsedCommitment'].map(plan),
      ...[
        'EffectiveCost',
        'UnusedAmortizedUpfrontFeeForBillingPeriod',
        'UnusedRecurringFee',
        'ReservationARN',
      ].map(reserved),
      ...['resource_tags', ...(tagColumn === undefined ? [] : [tagColumn])],
    ]),
    parse(row) {
      assertDollars(row, item('CurrencyCode'));
      return {
        cost: costOf(row),
        clusterId:
          tagColumn === undefined || isEmpty(row[tagColumn])
            ? clusterTag(row, 'resource_tags')
            : String(row[tagColumn]),
        start: timeOf(row, item('UsageStartDate')),
        end: timeOf(row, item('UsageEndDate')),
      };
    },
  };
}

const present = (columns: readonly string[], wanted: readonly string[]) =>
  wanted.filter((name) => columns.includes(name));
