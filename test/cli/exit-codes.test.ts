import { describe, expect, it } from 'vitest';
import { SETTINGS } from '../../src/cli/config/settings.ts';
import { reportError } from '../../src/cli/errors/error-report.ts';
import { EXIT, EXIT_CODE_MEANINGS, exitCodeForStatus } from '../../src/cli/errors/exit-codes.ts';
import { HELP_TOPICS } from '../../src/cli/output/help-topics.ts';
import { ApiError } from '../../src/client/api-error.ts';
import { closestMatch } from '../../src/contract/closest-match.ts';
import { ERRORS } from '../../src/contract/error-codes.ts';

const page = (name: string) => HELP_TOPICS.find((topic) => topic.name === name)?.text() ?? '';

describe('exit codes', () => {
  it('all have a meaning, and the help page has them all', () => {
    for (const code of Object.values(EXIT)) {
      expect(page('exit-codes').replace(/ +/g, ' ')).toContain(` ${code} ${EXIT_CODE_MEANINGS[code]}\n`);
    }
  });

  it.each(Object.entries(ERRORS))('%s has exactly one', (code, { status }) => {
    const report = reportError(new ApiError(code, 'no', { status }));
    expect(report).toMatchObject({ code, status, exitCode: exitCodeForStatus(status) });
    expect(Object.keys(EXIT_CODE_MEANINGS)).toContain(String(report.exitCode));
  });

  it('follow the table of the design', () => {
    const codes = [400, 401, 403, 404, 409, 422, 429, 500, 503].map(exitCodeForStatus);
    expect(codes).toEqual([2, 4, 6, 3, 5, 2, 7, 1, 7]);
  });

  it('call what no one expected a bug, with exit code 1', () => {
    expect(reportError(new TypeError('x is undefined'))).toMatchObject({ code: 'BUG', exitCode: 1 });
    expect(reportError('thrown text')).toMatchObject({
      code: 'BUG',
      message: 'unexpected error: thrown text',
    });
  });
});

describe('the environment page', () => {
  it('has every variable that a setting reads', () => {
    for (const { variable } of SETTINGS) expect(page('environment')).toContain(variable);
  });
});

describe('closestMatch', () => {
  it.each([
    ['lits', 'list'],
    ['destory', 'destroy'],
    ['profile list', 'profiles list'],
    ['frobnicate', undefined],
    ['', undefined],
  ])('%s → %s', (typed, nearest) => {
    expect(closestMatch(typed, ['list', 'destroy', 'profiles list', 'get'])).toBe(nearest);
  });
});
