/** Explains a failure of the installer by a message of its log. */
export interface FailureRule {
  /** Stable: users and scripts match on it as the error code of a job. */
  readonly reason: string;
  /** Tried on one log message at a time. Cloud error codes where there are any: they change less often than texts. */
  readonly pattern: RegExp;
  /** What to do. */
  readonly hint: string;
  readonly retryable: boolean;
}

type RuleBody = Omit<FailureRule, 'retryable'> & Partial<FailureRule>;

/** Gives rules a common default; a rule may override it. */
export function rulesOf(defaults: Pick<FailureRule, 'retryable'>, rules: readonly RuleBody[]): FailureRule[] {
  return rules.map((rule) => ({ ...defaults, ...rule }));
}
