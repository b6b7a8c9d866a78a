import type { operations } from '../../contract/api.gen.ts';
import type { Caller } from '../kernel/caller.ts';
import type { Tx } from '../kernel/db/db.ts';

type Id = keyof operations;
type Part<Op, Name extends string> = Op extends { parameters: Partial<Record<Name, infer P>> }
  ? NonNullable<P>
  : never;
export type Body<Op> = Op extends { requestBody: { content: { 'application/json': infer B } } }
  ? B
  : undefined;

/** What a handler gets: everything in it was validated against the contract. */
export interface Call<Op extends Id> {
  readonly caller: Caller;
  readonly path: Part<operations[Op], 'path'>;
  readonly query: Part<operations[Op], 'query'>;
  readonly body: Body<operations[Op]>;
}

export interface Query<Op extends Id> {
  readonly kind: 'reading';
  readonly run: (call: Call<Op>) => Promise<unknown>;
}

/** Opens a secret: its answer must not be remembered under an idempotency key, and its refusal is audited. */
export interface SecretAccess<Op extends Id> {
  readonly kind: 'opening';
  /** As the audit trail calls it. */
  readonly action: string;
  readonly run: (call: Call<Op>) => Promise<unknown>;
}

/** Changes something: runs inside the transaction that also holds the idempotency record. */
export interface Command<Op extends Id> {
  readonly kind: 'mutation';
  /** As the audit trail calls it. */
  readonly action: string;
  /** Answers 200 without changing anything, when the call only asks for a plan. */
  readonly preview?: (call: Call<Op>) => Promise<unknown> | undefined;
  readonly status: number;
  readonly run: (tx: Tx, call: Call<Op>) => Promise<unknown>;
  /** Throws when an earlier answer tells of something that the caller may no longer see. */
  readonly authorizeReplay: (caller: Caller, answer: unknown) => Promise<void>;
  /** Adds to the answer what must not be remembered with it: a secret. */
  readonly complete?: (caller: Caller, answer: unknown, replayed: boolean) => Promise<unknown>;
}

export type Handlers = {
  readonly [Op in Exclude<Id, 'getHealth' | 'getReadiness' | 'createSession'>]:
    | Query<Op>
    | SecretAccess<Op>
    | Command<Op>;
};

export function query<Op extends Id>(run: (call: Call<Op>) => Promise<unknown>): Query<Op> {
  return { kind: 'reading', run };
}
