import type { Blame, FailureClass, FailureRule } from './failure-rule.ts';
import { ACCESS_RULES } from './failure-rules/access.ts';
import { CONFIGURATION_RULES, DNS_RULES } from './failure-rules/configuration.ts';
import {
  CAPACITY_RULES,
  QUOTA_RULES,
  THROTTLED_CHECK_RULES,
  THROTTLING_RULES,
} from './failure-rules/limits.ts';
import { FALLBACK_RULES, INTERRUPTION_RULES, LATE_STAGE_RULES, RUN_RULES } from './failure-rules/stages.ts';
import { type LogRecord, parseLogLine } from './log-record.ts';
import { maskSecrets } from './mask-secrets.ts';

export interface InstallFailure {
  readonly class: FailureClass;
  readonly reason: string;
  /** The installer's last fatal or error line, in one line and without secrets. */
  readonly cause: string;
  /** The line that decided the reason, when it is another one. */
  readonly evidence: string | undefined;
  readonly hint: string;
  readonly retryable: boolean;
  readonly blame: Blame;
}

/** A named cause. Throttling is last: controllers are throttled now and then and go on. */
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

/** All rules, in the order in which they are tried on the final errors. */
export const FAILURE_RULES: readonly FailureRule[] = [
  ...INTERRUPTION_RULES,
  ...CAUSE_RULES,
  ...LATE_STAGE_RULES,
  ...FALLBACK_RULES,
];

type Line = Pick<LogRecord, 'level' | 'message'>;

/**
 * Says why a run failed, from the records (or the text) of that run alone: the log file is shared with the commands before.
 * Order: a cause named in the errors; a late stage named there; a cause named in warnings (4.20 puts conditions there),
 * then in debug output (before 4.20 only the controllers knew); a stage.
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
    firstMatch(FALLBACK_RULES, errors) ??
    firstMatch(FALLBACK_RULES, warnings);
  const cause = causeOf(lines);
  if (!found) return { ...UNKNOWN, cause, evidence: undefined };
  const { rule, line } = found;
  const evidence = oneLine(line.message);
  return {
    class: rule.class,
    reason: rule.reason,
    cause,
    evidence: evidence === cause ? undefined : evidence,
    hint: rule.hint,
    retryable: rule.retryable,
    blame: rule.blame,
  };
}

const UNKNOWN = {
  class: 'unknown',
  reason: 'UNKNOWN',
  hint: 'read the end of the install log',
  retryable: false,
  blame: 'installer',
} as const;

// What the installer reports and then does without, for example a quota check without the permission for it.
const TOLERATED = /\b(?:skip(?:ping|ped)?|ignoring|will retry without)\b/i;

// A debug log has 100,000 lines and the rules are many: only lines that speak of trouble are worth them, the last ones most.
const TROUBLE = /err(?:or)?\b|fail|denied|exceed|terminat/i;
const MAX_SUSPECTS = 2_000;

function isSuspect({ level, message }: Line): boolean {
  return level === 'debug' && TROUBLE.test(message) && !TOLERATED.test(message);
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

/** Text without records (a panic, a message of the system) counts as errors: it is what there is. */
function linesOf(text: string): Line[] {
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  const records = lines.flatMap((line) => parseLogLine(line) ?? []);
  return records.length > 0 ? records : lines.map((message) => ({ level: 'error', message }));
}
