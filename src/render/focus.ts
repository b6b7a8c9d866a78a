import type { ApplicationCharge, Charge } from '../contract/documents.ts';
import { csvField } from '../contract/escape.ts';
import { type Cell, type FocusRow, focusRow } from './focus-row.ts';

const constant = (value: Cell) => () => value;
const cost = (row: FocusRow) => row.cost;

/**
 * The columns of FOCUS 1.2 that an estimate can fill, then our own. The specification has no word for estimates: they are marked by
 * x_CostBasis, have no invoice, and must not be added to billed rows.
 */
export const FOCUS_COLUMNS: readonly (readonly [name: string, value: (row: FocusRow, at: Date) => Cell])[] = [
  ['AvailabilityZone', constant(null)],
  ['BilledCost', cost],
  ['BillingAccountId', ({ account }) => account],
  ['BillingAccountName', constant(null)],
  ['BillingCurrency', constant('USD')],
  ['BillingPeriodEnd', ({ start }) => monthOf(start, 1)],
  ['BillingPeriodStart', ({ start }) => monthOf(start, 0)],
  ['ChargeCategory', constant('Usage')],
  ['ChargeClass', constant(null)],
  ['ChargeDescription', ({ description }) => description],
  ['ChargeFrequency', constant('Usage-Based')],
  ['ChargePeriodEnd', ({ start, end }) => (utc(start) === utc(end) ? utc(secondAfter(start)) : utc(end))],
  ['ChargePeriodStart', ({ start }) => utc(start)],
  ['CommitmentDiscountCategory', constant(null)],
  ['CommitmentDiscountId', constant(null)],
  ['CommitmentDiscountName', constant(null)],
  ['CommitmentDiscountStatus', constant(null)],
  ['CommitmentDiscountType', constant(null)],
  ['ConsumedQuantity', ({ hours }) => hours],
  ['ConsumedUnit', constant('Hours')],
  ['ContractedCost', cost],
  ['ContractedUnitPrice', ({ hourlyCost }) => hourlyCost],
  ['EffectiveCost', cost],
  ['InvoiceId', constant(null)],
  ['InvoiceIssuerName', ({ provider }) => provider.issuer],
  ['ListCost', cost],
  ['ListUnitPrice', ({ hourlyCost }) => hourlyCost],
  ['PricingCategory', constant('Standard')],
  ['PricingQuantity', ({ hours }) => hours],
  ['PricingUnit', constant('Hours')],
  ['ProviderName', ({ provider }) => provider.name],
  ['PublisherName', ({ provider }) => provider.name],
  ['RegionId', ({ region }) => region],
  ['RegionName', ({ region }) => region],
  ['ResourceId', ({ resource }) => resource.id],
  ['ResourceName', ({ resource }) => resource.name],
  ['ResourceType', ({ resource }) => resource.type],
  ['ServiceCategory', constant('Compute')],
  ['ServiceName', ({ service }) => service.name],
  ['ServiceSubcategory', ({ service }) => service.subcategory],
  ['SkuId', ({ sku }) => sku],
  ['SkuPriceId', ({ skuPrice }) => skuPrice],
  ['SubAccountId', ({ team }) => team],
  ['SubAccountName', ({ team }) => team],
  ['Tags', ({ tags }) => JSON.stringify(tags)],
  ['x_CostBasis', constant('Estimate')],
  ['x_CostCenter', ({ costCenter }) => costCenter],
  ['x_EstimatedAt', (_row, at) => utc(at.toISOString())],
  ['x_Owner', ({ owner }) => owner],
  ['x_RateVersion', ({ priceDate }) => priceDate],
  ['x_Workers', ({ workers }) => workers],
];

/** Charges as a FOCUS 1.2 file in CSV. @param at when the estimate was made */
export function focusCsv(charges: readonly (Charge | ApplicationCharge)[], at: Date): string {
  const lines = charges
    .map(focusRow)
    .map((row) => FOCUS_COLUMNS.map(([, value]) => focusField(value(row, at))).join(','));
  return [FOCUS_COLUMNS.map(([name]) => name).join(','), ...lines, ''].join('\n');
}

/** A column of whole numbers is read as integers, which validators refuse: decimals have a point. */
function focusField(value: Cell): string {
  if (value === null) return '';
  if (typeof value === 'string') return csvField(value);
  return value.toFixed(12).replace(/(\.\d+?)0+$/, '$1');
}

/** FOCUS times have whole seconds; a period that is shorter has one. */
function secondAfter(time: string): string {
  return new Date(Date.parse(time) + 1000).toISOString();
}

function utc(time: string): string {
  return time.replace(/\.\d+Z$/, 'Z');
}

function monthOf(start: string, later: number): string {
  const time = new Date(start);
  return utc(new Date(Date.UTC(time.getUTCFullYear(), time.getUTCMonth() + later)).toISOString());
}
