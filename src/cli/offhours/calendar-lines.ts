/** A line of an iCalendar file, with the number of its first part. */
interface CalendarLine {
  readonly text: string;
  readonly number: number;
}

/** A line that begins with a space or a tab continues the one before (RFC 5545 §3.1). */
export function unfoldedLines(text: string): readonly CalendarLine[] {
  const lines: { text: string; readonly number: number }[] = [];
  for (const [index, line] of text
    .replace(/^\uFEFF/, '')
    .split(/\r\n|\n|\r/)
    .entries()) {
    const last = lines.at(-1);
    if (/^[ \t]/.test(line) && last !== undefined) last.text += line.slice(1);
    else if (line !== '') lines.push({ text: line.trimEnd(), number: index + 1 });
  }
  return lines;
}

/**
 * The days that each event of a file has besides its start and its rule (RDATE, RFC 5545 §3.8.5.2), in milliseconds, in the order of the
 * events. The parser leaves them out.
 */
export function additionalDays(text: string): readonly (readonly number[])[] {
  const events: number[][] = [];
  for (const { text: line } of unfoldedLines(text)) {
    if (/^BEGIN:VEVENT$/i.test(line)) events.push([]);
    const [, values] = /^RDATE(?:;[^:]*)?:(.*)$/i.exec(line) ?? [];
    const days = values?.split(',').map((value) => dayOf(value.trim())) ?? [];
    events.at(-1)?.push(...days);
  }
  return events;
}

function dayOf(value: string): number {
  return Date.UTC(Number(value.slice(0, 4)), Number(value.slice(4, 6)) - 1, Number(value.slice(6, 8)));
}
