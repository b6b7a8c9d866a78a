import { AppError } from './errors.ts';

const MIN_REASON = 3;

/** @returns the reason without space around it. @throws AppError POLICY_VIOLATION when it says nothing; `what` needs one */
export function requireReason(given: string, what: string): string {
  const reason = given.trim();
  if (reason.length >= MIN_REASON) return reason;
  throw new AppError('POLICY_VIOLATION', `${what} needs a reason; it goes into the audit log.`, {
    errors: [{ field: 'reason', code: 'REQUIRED', message: `say why, in ${MIN_REASON} characters or more` }],
  });
}
