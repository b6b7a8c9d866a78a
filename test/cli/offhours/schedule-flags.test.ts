import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readHolidays } from '../../../src/cli/offhours/holidays.ts';
import { parseDays, parseHours } from '../../../src/cli/offhours/schedule-flags.ts';

const NOW = new Date('2026-11-29T12:00:00Z');
let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'ocpctl-holidays-'));
});
afterAll(() => rm(directory, { recursive: true, force: true }));

async function file(...lines: string[]): Promise<string> {
  const path = join(directory, 'holidays.ics');
  await writeFile(path, `${['BEGIN:VCALENDAR', 'VERSION:2.0', ...lines, 'END:VCALENDAR'].join('\r\n')}\r\n`);
  return path;
}
const event = (...lines: string[]) => ['BEGIN:VEVENT', `UID:${lines.join()}`, ...lines, 'END:VEVENT'];
const read = async (...lines: string[]) => readHolidays(await file(...lines), NOW);

describe('days', () => {
  test.each([
    ['mon-fri', ['mon', 'tue', 'wed', 'thu', 'fri']],
    ['sun-thu', ['mon', 'tue', 'wed', 'thu', 'sun']],
    ['Mon, wed,sat-mon', ['mon', 'wed', 'sat', 'sun']],
    ['fri', ['fri']],
  ])('%s', (text, days) => {
    expect(parseDays(text)).toEqual(days);
  });

  test.each(['', 'monday', 'mon-', 'mon-tue-wed', 'weekdays', 'mon,,tue'])('"%s" is refused', (text) => {
    expect(() => parseDays(text)).toThrow(`invalid value "${text}" for --days`);
  });
});

describe('hours', () => {
  test.each([
    ['8:00-19:30', { start: '08:00', end: '19:30' }],
    ['22:00-06:00', { start: '22:00', end: '06:00' }],
    ['00:00-24:00', { start: '00:00', end: '24:00' }],
  ])('%s', (text, hours) => {
    expect(parseHours(text)).toEqual(hours);
  });

  test.each(['8-19', '25:00-26:00', '24:00-08:00', '08:00', '08:60-09:00', '08:00-08:00'])(
    '"%s" is refused',
    (text) => {
      expect(() => parseHours(text)).toThrow(`invalid value "${text}" for --hours`);
    },
  );
});

describe('holidays', () => {
  test('are the days of all-day events to come; the end is exclusive, and may be absent', async () => {
    const { dates, notes } = await read(
      ...event('DTSTART;VALUE=DATE:20261225', 'DTEND;VALUE=DATE:20261227'),
      ...event('DTSTART;VALUE=DATE:20270101'),
      ...event('DTSTART;VALUE=DATE:20270405', 'DURATION:P2D'),
      ...event('DTSTART;VALUE=DATE:20250101'),
      ...event('DTSTART;VALUE=DATE:20261228', 'STATUS:CANCELLED'),
    );
    expect(dates).toEqual(['2026-12-25', '2026-12-26', '2027-01-01', '2027-04-05', '2027-04-06']);
    expect(notes).toEqual([]);
  });

  test('recur for five years, without their exceptions, on weekdays as well', async () => {
    const { dates, notes } = await read(
      ...event('DTSTART;VALUE=DATE:20201003', 'RRULE:FREQ=YEARLY', 'EXDATE;VALUE=DATE:20281003'),
    );
    expect(dates).toEqual(['2027-10-03', '2029-10-03', '2030-10-03', '2031-10-03']);
    const thanksgiving = await read(
      ...event('DTSTART;VALUE=DATE:20201126', 'RRULE:FREQ=YEARLY;BYMONTH=11;BYDAY=4TH;UNTIL=20281231'),
    );
    expect(thanksgiving.dates).toEqual(['2027-11-25', '2028-11-23']);
    expect(notes).toEqual(['Recurring events were taken until 2031-11-29: set them again before.']);
  });

  test('have the further days of their events, without the exceptions of those', async () => {
    const { dates, notes } = await read(
      ...event('DTSTART:20261224T180000Z', 'RDATE;VALUE=PERIOD:20270101T000000Z/PT2H'),
      ...event(
        'DTSTART;VALUE=DATE:20261225',
        'DURATION:P2D',
        'RDATE;VALUE=DATE:20270501,20270514,2027',
        ' 1001',
        'RDATE;VALUE=DATE:20280501',
        'EXDATE;VALUE=DATE:20270514',
      ),
      ...event('DTSTART;VALUE=DATE:20201003', 'RRULE:FREQ=YEARLY;UNTIL=20271231', 'RDATE:20290101T000000Z'),
    );
    expect(dates).toEqual([
      ...['2026-12-25', '2026-12-26', '2027-05-01', '2027-05-02', '2027-10-01', '2027-10-02'],
      ...['2027-10-03', '2028-05-01', '2028-05-02', '2029-01-01'],
    ]);
    expect(notes).toHaveLength(2);
  });

  test('of events with a time of day are none, which is told', async () => {
    const { dates, notes } = await read(
      ...event('DTSTART:20261224T180000Z', 'DTEND:20261224T200000Z'),
      ...event('DTSTART;VALUE=DATE:20261225'),
    );
    expect(dates).toEqual(['2026-12-25']);
    expect(notes).toEqual([expect.stringMatching(/^1 events of .* with a time of day are no holidays\.$/)]);
  });

  test.each([
    ['none of its 1 events lasts a whole day', event('DTSTART:20261224T180000Z')],
    ['all its events are over', event('DTSTART;VALUE=DATE:20250101')],
    ['it has no events, or only cancelled ones', []],
    [
      'line 6: "2027-05-01" of RDATE is not a date such as 20261225',
      event('DTSTART;VALUE=DATE:20991225', 'RDATE;VALUE=DATE:20270501,2027-05-01'),
    ],
    [
      'line 5: "2099-12-25" of DTSTART is not a date such as 20261225',
      event('DTSTART;VALUE=DATE:2099-12-25'),
    ],
    ['line 5: "20991301" of DTSTART is not a date', event('DTSTART;VALUE=DATE:20991301')],
    [
      'line 6: "20990230" of DTEND is not a date',
      event('DTSTART;VALUE=DATE:20990228', 'DTEND;VALUE=DATE:20990230'),
    ],
    [
      'line 6: "FREQ=SOMETIMES" of RRULE is not a rule such as FREQ=YEARLY',
      event('DTSTART;VALUE=DATE:20991225', 'RRULE:FREQ=SOMETIMES'),
    ],
    ['line 5 has END:VCALENDAR, but BEGIN:VEVENT is open', ['BEGIN:VEVENT', 'DTSTART;VALUE=DATE:20991225']],
    ['has no DTSTART', event('SUMMARY:Feast')],
    ['more than 1000 holidays', event('DTSTART;VALUE=DATE:20261224', 'RRULE:FREQ=DAILY')],
  ])('are refused: %s', async (why, lines) => {
    await expect(read(...lines)).rejects.toThrow(why);
  });

  test('another file, one that is cut off, or none, is refused with its path', async () => {
    const path = join(directory, 'other.txt');
    for (const text of ['hello', '', '<html></html>', 'BEGIN:VEVENT\nEND:VEVENT']) {
      await writeFile(path, text);
      await expect(readHolidays(path, NOW)).rejects.toThrow(
        `${path} cannot be used for --holidays: it is not an iCalendar file`,
      );
    }
    await writeFile(path, 'BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VEVENT\r\nDTSTART;VALUE=DATE:20991225');
    await expect(readHolidays(path, NOW)).rejects.toThrow('it is cut off: BEGIN:VEVENT of line 3 has no end');
    const missing = join(directory, 'missing.ics');
    await expect(readHolidays(missing, NOW)).rejects.toThrow(`cannot read ${missing}: no such file`);
  });
});
