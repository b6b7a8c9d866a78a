import { AppError } from '../kernel/errors.ts';

/** @throws AppError ACCOUNT_NOT_ALLOWED for an AWS account that the operator has not named */
export function assertAccountAllowed(accounts: ReadonlySet<string>, account: string): void {
  if (accounts.has(account)) return;
  throw new AppError('ACCOUNT_NOT_ALLOWED', `AWS account ${account} is not allowed on this server.`);
}
