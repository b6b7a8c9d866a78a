export type FailureClass =
  | 'quota'
  | 'capacity'
  | 'throttling'
  | 'credentials'
  | 'dns'
  | 'install-config'
  | 'bootstrap'
  | 'operators'
  | 'interrupted'
  | 'unknown';

/** Who can do something about it: wait for the cloud, the operator of this installation, the caller, or our bug report. */
export type Blame = 'cloud' | 'operator' | 'user' | 'installer';

export interface FailureRule {
  /** Stable name; scripts and statistics depend on it. */
  readonly reason: string;
  readonly class: FailureClass;
  /** Tried on one log message at a time. Cloud error codes where there are any: they outlive rewordings. */
  readonly pattern: RegExp;
  readonly hint: string;
  readonly retryable: boolean;
  readonly blame: Blame;
}

type Traits = Pick<FailureRule, 'class' | 'retryable' | 'blame'>;
type RuleBody = Omit<FailureRule, keyof Traits> & Partial<Traits>;

/** Gives rules of one kind their common traits; a rule may differ. */
export function rulesOf(traits: Traits, rules: readonly RuleBody[]): FailureRule[] {
  return rules.map((rule) => ({ ...traits, ...rule }));
}
