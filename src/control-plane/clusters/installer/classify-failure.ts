import type { FailureRule } from './failure-rule.ts';
import { ACCESS_RULES } from './failure-rules/access.ts';
import { CONFIGURATION_RULES, DNS_RULES } from './failure-rules/configuration.ts';
import {
  CAPACITY_RULES,
  QUOTA_RULES,
  THROTTLED_CHECK_RULES,
  THROTTLING_RULES,
} from './failure-rules/limits.ts';
import { REJECTED_REQUEST_RULES } from './failure-rules/rejected-requests.ts';
import { FALLBACK_RULES, INTERRUPTION_RULES, LATE_STAGE_RULES, RUN_RULES } from './failure-rules/stages.ts';
import { type LogRecord, parseLogLine } from './log-record.ts';
import { maskSecrets } from './mask-secrets.ts';

export interface InstallFailure {
  readonly reason: string;
  /** The installer's last fatal or error line, in one line and without secrets. */
  readonly cause: string;
  /** The line that decided the reason, when it is another one. */
  readonly evidence: string | undefined;
  readonly hint: string;
  readonly retryable: boolean;
}

/** Known causes. Throttling is last: controllers are throttled now and then, and continue. */
const CAUSE_RULES: readonly FailureRule[] = [
  ...RUN_RULES,
  ...QUOTA_RULES,
  ...CAPACITY_RULES,
  ...THROTTLED_CHECK_RULES,
  ...ACCESS_RULES,
  ...DNS_RULES,
  ...CONFIGURATION_RULES,
  ...THROTTLING_RULES,
];

/** All rules, in the order in which they are tried on the errors. */
export const FAILURE_RULES: readonly FailureRule[] = [
  ...INTERRUPTION_RULES,
  ...CAUSE_RULES,
  ...LATE_STAGE_RULES,
  ...REJECTED_REQUEST_RULES,
  ...FALLBACK_RULES,
];

type Line = Pick<LogRecord, 'level' | 'message'>;

/**
 * Finds the reason of a failed run in its records (or text). Pass only those of this run: the log file also has the commands before it.
 * Order: a cause in the errors; a late stage in the errors; a cause in the warnings (4.20 logs conditions there); a cause in the
 * debug output (before 4.20 only the controllers logged it); a request that the cloud rejects for an unknown reason, in the same order;
 * a stage.
 */
export function classifyFailure(log: readonly LogRecord[] | string): InstallFailure {
  const lines = typeof log === 'string' ? linesOf(log) : log;
  const errors = lines.filter(isError);
  const warnings = lines.filter(({ level, message }) => level === 'warning' && !TOLERATED.test(message));
  const debug = lines.filter(isSuspect).slice(-MAX_SUSPECTS);
  const found =
    firstMatch(INTERRUPTION_RULES, lines) ??
    firstMatch(CAUSE_RULES, errors) ??
    firstMatch(LATE_STAGE_RULES, errors) ??
    firstMatch(CAUSE_RULES, warnings) ??
    firstMatch(CAUSE_RULES, debug) ??
    firstMatch(REJECTED_REQUEST_RULES, errors) ??
    firstMatch(REJECTED_REQUEST_RULES, warnings) ??
    firstMatch(REJECTED_REQUEST_RULES, debug) ??
    firstMatch(FALLBACK_RULES, errors) ??
    firstMatch(FALLBACK_RULES, warnings);
  const cause = causeOf(lines);
  if (!found) return { ...UNKNOWN, cause, evidence: undefined };
  const { rule, line } = found;
  const evidence = oneLine(line.message);
  return {
    reason: rule.reason,
    cause,
    evidence: evidence === cause ? undefined : evidence,
    hint: rule.hint,
    retryable: rule.retryable,
  };
}

const UNKNOWN = {
  reason: 'UNKNOWN',
  hint: 'see the end of the log: ocpctl logs NAME --level debug',
  retryable: false,
} as const;

// Problems that the installer reports and ignores, such as a quota check without the permission for it.
const TOLERATED = /\b(?:skip(?:ping|ped)?|ignoring|will retry without)\b/i;

// A debug log has 100,000 lines: the rules are tried only on the last ones that report a problem.
const PROBLEM = /err(?:or)?\b|fail|denied|exceed|terminat/i;
const MAX_SUSPECTS = 2_000;

function isSuspect({ level, message }: Line): boolean {
  return level === 'debug' && PROBLEM.test(message) && !TOLERATED.test(message);
}

// Explanations that follow an error and repeat in every log.
const BOILERPLATE =
  /^(?:Cluster initialization failed because|The cluster should be accessible for troubleshooting|https:\/\/docs\.|Use the following commands to gather logs|openshift-install gather bootstrap)/;

function isError({ level }: Line): boolean {
  return level === 'fatal' || level === 'error' || level === 'panic';
}

function firstMatch(
  rules: readonly FailureRule[],
  lines: readonly Line[],
): { rule: FailureRule; line: Line } | undefined {
  for (const rule of rules) {
    const line = lines.findLast(({ message }) => rule.pattern.test(message));
    if (line) return { rule, line };
  }
  return undefined;
}

function causeOf(lines: readonly Line[]): string {
  const errors = lines.filter(isError);
  const last = errors.findLast(({ message }) => !BOILERPLATE.test(message)) ?? errors.at(-1);
  return last ? oneLine(last.message) : 'the installer ended without an error message';
}

const MAX_CAUSE_LENGTH = 500;
const ASSET_PREFIX = /^(?:failed to (?:fetch|generate asset) [\w "-]+: )+/;

function oneLine(message: string): string {
  const text = maskSecrets(message).replace(/\s+/g, ' ').trim();
  const short = text.replace(ASSET_PREFIX, '') || text;
  return short.length > MAX_CAUSE_LENGTH ? `${short.slice(0, MAX_CAUSE_LENGTH - 1)}…` : short;
}

/** Text without records (a panic, a system message) counts as errors. */
function linesOf(text: string): Line[] {
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  const records = lines.flatMap((line) => parseLogLine(line) ?? []);
  return records.length > 0 ? records : lines.map((message) => ({ level: 'error', message }));
}
