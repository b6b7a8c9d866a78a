import { unfoldedLines } from './calendar-lines.ts';

/** Values of a date (`20261225`), of a time (`20261225T180000Z`), or of a time with the end or length of a period (`20261225T180000Z/PT2H`). */
const DATE = /^(\d{4})(\d{2})(\d{2})(?:T\d{6}Z?(?:\/[^/]+)?)?$/;
const DATED = /^(DTSTART|DTEND|RECURRENCE-ID|EXDATE|RDATE)(?:;[^:]*)?:(.*)$/i;
const FREQUENCY = /(?:^|;)FREQ=(SECONDLY|MINUTELY|HOURLY|DAILY|WEEKLY|MONTHLY|YEARLY)(?:;|$)/i;

/**
 * @returns why a text is not a whole iCalendar file, in cases of which the parser would read another date or nothing, and not refuse it;
 * undefined if there is no such fault
 */
export function calendarFault(text: string): string | undefined {
  const lines = unfoldedLines(text);
  if (!lines.some(({ text: line }) => /^BEGIN:VCALENDAR$/i.test(line))) return 'it is not an iCalendar file';
  const open: { readonly name: string; readonly number: number }[] = [];
  for (const { text: line, number } of lines) {
    const [, edge = '', name = ''] = /^(BEGIN|END):(.+)$/i.exec(line) ?? [];
    if (edge.toUpperCase() === 'BEGIN') open.push({ name, number });
    const begun = edge.toUpperCase() === 'END' ? open.pop() : undefined;
    if (edge.toUpperCase() === 'END' && begun?.name.toUpperCase() !== name.toUpperCase())
      return `line ${number} has END:${name}, but ${begun === undefined ? 'nothing' : `BEGIN:${begun.name}`} is open`;
    const fault = lineFault(line);
    if (fault !== undefined) return `line ${number}: ${fault}`;
  }
  const last = open.at(-1);
  return last === undefined
    ? undefined
    : `it is cut off: BEGIN:${last.name} of line ${last.number} has no end`;
}

function lineFault(line: string): string | undefined {
  const [, name = '', values = ''] = DATED.exec(line) ?? [];
  const wrong = name === '' ? undefined : values.split(',').find((value) => !isDate(value.trim()));
  if (wrong !== undefined) return `"${wrong}" of ${name.toUpperCase()} is not a date such as 20261225`;
  const [, rule] = /^RRULE(?:;[^:]*)?:(.*)$/i.exec(line) ?? [];
  if (rule === undefined || FREQUENCY.test(rule)) return undefined;
  return `"${rule}" of RRULE is not a rule such as FREQ=YEARLY`;
}

function isDate(value: string): boolean {
  const [, year, month, day] = DATE.exec(value) ?? [];
  if (year === undefined) return false;
  const date = new Date(Date.UTC(Number(year), Number(month) - 1, Number(day)));
  return date.getUTCMonth() === Number(month) - 1 && date.getUTCDate() === Number(day);
}
