import { CLIError } from '@oclif/core/errors';
import { ApiError, thrownMessage, UnreachableError } from '../../client/api-error.ts';
import { shortDuration } from '../../contract/duration.ts';
import type { FieldProblem } from '../../contract/error-codes.ts';
import { printableLines, toJson } from '../../contract/escape.ts';
import { reasonOfSystemCall, systemErrorHint } from '../../contract/system-error-hint.ts';
import { AnnotatedError, type ErrorTarget } from './annotated-error.ts';
import { CliError } from './cli-error.ts';
import { EXIT, type ExitCode, exitCodeForStatus } from './exit-codes.ts';
import { usageHint, usageMessage } from './oclif-usage.ts';

/** An error in the form in which text and JSON show it. */
export interface ErrorReport {
  readonly code: string;
  readonly message: string;
  readonly hint: string | null;
  /** HTTP status of the response; null without one. */
  readonly status: number | null;
  readonly exitCode: ExitCode;
  /** Whether a retry may succeed. */
  readonly retryable: boolean;
  readonly requestId: string | null;
  readonly details: readonly FieldProblem[];
  /** What the command acted on; null if it is not known, or not one. */
  readonly cluster: ErrorTarget['cluster'];
  readonly job: ErrorTarget['job'];
}

/** Hints for error codes of the API, used when the response has none. */
const HINTS: Readonly<Record<string, string>> = {
  UNAUTHENTICATED: "check the credentials in use with 'ocpctl context list'",
  FORBIDDEN: "'ocpctl whoami' shows your grants",
  ACCOUNT_NOT_ALLOWED:
    'use a profile of another account (--aws-profile), or ask the operator to add this account to OCPCTL_AWS_ACCOUNTS',
  PRINCIPAL_NOT_ALLOWED: 'sign in as an IAM role or user, for example with another --aws-profile',
  PRINCIPAL_CHANGED: 'ask an admin to remove the grants and add them again',
  NAME_TAKEN: 'choose another name, or pass --if-not-exists',
  QUOTA_EXCEEDED: "'ocpctl quota' shows the limits, 'ocpctl list' and 'ocpctl app list' what counts",
  RATE_LIMITED: "'ocpctl quota' shows the limits and current use",
};

/** Maps anything that was thrown to its code, message and exit code. */
export function reportError(thrown: unknown): ErrorReport {
  if (thrown instanceof AnnotatedError) return annotated(reportError(thrown.cause), thrown);
  if (thrown instanceof CliError) return report(thrown.code, thrown.message, thrown.exitCode, thrown);
  if (thrown instanceof ApiError) {
    const { status, code, errors } = thrown;
    const hint = keyHint(code, process.env) ?? hintWithTime(thrown, thrown.hint ?? HINTS[code]);
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
    return report('USAGE', usageMessage(thrown), EXIT.usage, { hint: usageHint(thrown) });
  }
  if (isSystemError(thrown)) {
    return report('SYSTEM_ERROR', systemErrorMessage(thrown), EXIT.error, {
      hint: systemErrorHint(thrown.code),
    });
  }
  return report('BUG', `unexpected error: ${thrownMessage(thrown)}`, EXIT.error, {
    hint: 'this is a bug in ocpctl; run with --debug for the stack trace and report it',
  });
}

/** Says which variables chose the key and the server: they override the context, which `context list` shows. */
function keyHint(code: string, env: NodeJS.ProcessEnv): string | undefined {
  const names = ['OCPCTL_ACCESS_KEY_ID', 'OCPCTL_SERVER'].filter((name) => env[name]);
  if (code !== 'UNAUTHENTICATED' || names.length === 0) return undefined;
  const [verb, them] = names.length === 1 ? ['is set and overrides', 'it'] : ['are set and override', 'them'];
  return `${names.join(' and ')} ${verb} the context: check or unset ${them}`;
}

/** A limit that is reached is free again at a time that the server knows. */
function hintWithTime({ status, retryAfterSeconds }: ApiError, hint: string | undefined): string | undefined {
  if (status !== 429 || retryAfterSeconds === undefined) return hint;
  const when = `try again in ${shortDuration(Math.max(1, retryAfterSeconds) * 1000)}`;
  return hint === undefined ? when : `${when}; ${hint}`;
}

/** As text: `Error:`, the invalid fields, `Hint:`, `Request:`. */
export function errorText(report: ErrorReport): string {
  const lines = [report.code === 'INTERRUPTED' ? sentence(report.message) : `Error: ${report.message}`];
  for (const { field, message, allowed } of report.details) {
    lines.push(`  ${field}: ${message}${allowed?.length ? ` (allowed: ${allowed.join(', ')})` : ''}`);
  }
  if (report.hint !== null) lines.push(`Hint: ${report.hint}`);
  if (report.requestId !== null) lines.push(`Request: ${report.requestId}`);
  return `${printableLines(lines.join('\n'))}\n`;
}

/** An interruption is not an error: the text says what happens now. */
function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1).replace(/\.$/, '')}.`;
}

/** As one line of JSON, for machine output. */
export function errorJson(report: ErrorReport): string {
  return `${toJson({ error: report })}\n`;
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
  return { code, message, hint, status, exitCode, retryable, requestId, details, cluster: null, job: null };
}

function annotated(report: ErrorReport, { target, resumeHint }: AnnotatedError): ErrorReport {
  const hints = [report.hint, resumeHint].filter((hint) => typeof hint === 'string');
  return { ...report, hint: hints.length === 0 ? null : hints.join('; '), ...target };
}

function pick({ retryable, requestId }: ApiError): Extras {
  return { retryable, requestId };
}

/** What users call the system calls that fail on a path. */
const VERBS: Readonly<Record<string, string>> = {
  access: 'read',
  chmod: 'change',
  copyfile: 'write',
  lstat: 'read',
  mkdir: 'create',
  mkdtemp: 'create a directory in',
  open: 'open',
  read: 'read',
  readlink: 'read',
  realpath: 'read',
  rename: 'rename',
  rm: 'remove',
  rmdir: 'remove',
  scandir: 'read',
  stat: 'read',
  symlink: 'create',
  unlink: 'remove',
  write: 'write',
};

function systemErrorMessage(error: NodeJS.ErrnoException): string {
  const { message, path, syscall } = error;
  const reason = reasonOfSystemCall(error);
  return reason === undefined || path === undefined
    ? message
    : `cannot ${VERBS[syscall ?? ''] ?? 'use'} ${path}: ${reason}`;
}

/** An error of a system call, for example ENOENT or ENOSPC; its message contains the path. */
function isSystemError(thrown: unknown): thrown is NodeJS.ErrnoException {
  return thrown instanceof Error && 'syscall' in thrown && 'errno' in thrown;
}
