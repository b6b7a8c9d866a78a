const AMZ_DATE = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/;

/** @returns undefined unless it is a real moment: the 30th of February is not. */
export function parseAmzDate(text: string): Date | undefined {
  const iso = AMZ_DATE.test(text) ? text.replace(AMZ_DATE, '$1-$2-$3T$4:$5:$6.000Z') : undefined;
  const date = new Date(iso ?? Number.NaN);
  return !Number.isNaN(date.getTime()) && date.toISOString() === iso ? date : undefined;
}
