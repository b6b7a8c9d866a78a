import { CLIError } from '@oclif/core/errors';
import { ApiError, UnreachableError } from '../../client/api-error.ts';
import type { FieldProblem } from '../../contract/error-codes.ts';
import { CliError } from './cli-error.ts';
import { EXIT, type ExitCode, exitCodeForStatus } from './exit-codes.ts';

/** An error as a person and as a program get it. */
export interface ErrorReport {
  readonly code: string;
  readonly message: string;
  readonly hint: string | null;
  /** The HTTP status, when the server answered. */
  readonly status: number | null;
  readonly exitCode: ExitCode;
  /** Whether the same command may succeed later. */
  readonly retryable: boolean;
  readonly requestId: string | null;
  readonly details: readonly FieldProblem[];
}

/** Hints for what the server said, where it gave none itself. */
const HINTS: Readonly<Record<string, string>> = {
  UNAUTHENTICATED: "the server does not accept these keys: 'ocpctl context list' shows which ones are used",
  FORBIDDEN: "'ocpctl whoami' shows what you may do",
  ACCOUNT_NOT_ALLOWED:
    "use another account's profile (--aws-profile), or ask the operator to add it to OCPCTL_AWS_ACCOUNTS",
  PRINCIPAL_NOT_ALLOWED: 'sign in as a role or a user: --aws-profile names another profile',
  PRINCIPAL_CHANGED: 'an admin takes the old grants away and gives them anew',
  NAME_TAKEN: 'choose another name, or add --if-not-exists',
  QUOTA_EXCEEDED: "'ocpctl quota' shows the limits, 'ocpctl list --status ACTIVE' what counts against them",
  RATE_LIMITED: "'ocpctl quota' shows the limits and their use",
};

const OCLIF_ADVICE = '\nSee more help with --help';

/** Maps whatever was thrown: the one place that decides an error's code, words and exit code. */
export function reportError(thrown: unknown): ErrorReport {
  if (thrown instanceof CliError) return report(thrown.code, thrown.message, thrown.exitCode, thrown);
  if (thrown instanceof ApiError) {
    const { status, code, errors } = thrown;
    const hint = thrown.hint ?? HINTS[code];
    return report(code, thrown.message, exitCodeForStatus(status), {
      ...pick(thrown),
      status,
      hint,
      details: errors,
    });
  }
  if (thrown instanceof UnreachableError) {
    return report(thrown.code, thrown.message, EXIT.unreachable, {
      hint: thrown.hint,
      retryable: thrown.retryable,
    });
  }
  if (thrown instanceof CLIError && thrown.oclif.exit === EXIT.usage) {
    return report('USAGE', usageSentence(thrown), EXIT.usage, { hint: usageHint(thrown) });
  }
  if (isSystemError(thrown)) return report('SYSTEM_ERROR', thrown.message, EXIT.error, {});
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return report('BUG', `unexpected: ${message}`, EXIT.error, {
    hint: 'this is a bug of ocpctl: --debug shows where',
  });
}

/** The report for people: `Error:`, the fields, `Hint:`, `Request:`. */
export function errorText(report: ErrorReport): string {
  const lines = [`Error: ${report.message}`];
  for (const { field, message, allowed } of report.details) {
    lines.push(`  ${field}: ${message}${allowed?.length ? ` (allowed: ${allowed.join(', ')})` : ''}`);
  }
  if (report.hint !== null) lines.push(`Hint: ${report.hint}`);
  if (report.requestId !== null) lines.push(`Request: ${report.requestId}`);
  return `${lines.join('\n')}\n`;
}

/** The report for programs: one line of JSON. */
export function errorJson(report: ErrorReport): string {
  return `${JSON.stringify({ error: report })}\n`;
}

interface Extras {
  readonly hint?: string | undefined;
  readonly status?: number;
  readonly retryable?: boolean;
  readonly requestId?: string | undefined;
  readonly details?: readonly FieldProblem[];
}

function report(code: string, message: string, exitCode: ExitCode, extras: Extras): ErrorReport {
  const { hint = null, status = null, retryable = false, requestId = null, details = [] } = extras;
  return { code, message, hint, status, exitCode, retryable, requestId, details };
}

function pick({ retryable, requestId }: ApiError): Extras {
  return { retryable, requestId };
}

/** oclif's parse errors carry advice and lists on lines of their own: one sentence is left. */
function usageSentence(error: CLIError): string {
  return error.message.replace(OCLIF_ADVICE, '').replace(/\s*\n\s*/g, ' ');
}

function usageHint(error: CLIError): string {
  const [suggestion] = error.suggestions ?? [];
  return suggestion ?? 'add --help for the flags and arguments';
}

/** What Node throws when the operating system refuses: a missing file, a full disk. Its message names the path. */
function isSystemError(thrown: unknown): thrown is NodeJS.ErrnoException {
  return thrown instanceof Error && 'syscall' in thrown && 'errno' in thrown;
}
