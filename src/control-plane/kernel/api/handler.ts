import type { operations } from '../../../contract/api.gen.ts';
import type { Caller } from '../caller.ts';
import type { Tx } from '../db/db.ts';

type Id = keyof operations;
type Part<Op, Name extends string> = Op extends { parameters: Partial<Record<Name, infer P>> }
  ? NonNullable<P>
  : never;
interface Json<B> {
  content: { 'application/json': B };
}
interface Bytes {
  content: { 'application/octet-stream': unknown };
}
/** Of an operation whose body may be absent, `undefined` as well. */
export type Body<Op> = Op extends { requestBody: Json<infer B> }
  ? B
  : Op extends { requestBody: Bytes }
    ? Uint8Array
    : Op extends { requestBody?: infer R }
      ? [R] extends [Json<infer B> | undefined]
        ? B | undefined
        : undefined
      : undefined;

/** What a handler gets: everything in it was validated against the contract. */
export interface Call<Op extends Id> {
  readonly caller: Caller;
  readonly path: Part<operations[Op], 'path'>;
  readonly query: Part<operations[Op], 'query'>;
  readonly body: Body<operations[Op]>;
}

/** What a stream sends: a numbered message, or the document that ends it. */
export type StreamMessage = { readonly seq: number } | { readonly id: string };

/** A stream that was authorized; nothing is read before it is iterated. */
export type OpenStream = (signal: AbortSignal) => AsyncGenerator<StreamMessage>;

interface QueryOf<C> {
  readonly kind: 'query';
  run(call: C): Promise<unknown>;
  /** Answers `Accept: text/event-stream`. @param lastEventId where the caller's previous stream ended */
  stream?(call: C, lastEventId: string | undefined): Promise<OpenStream>;
}

/** Opens a secret: its answer must not be remembered under an idempotency key, and its refusal is audited. */
interface SecretAccessOf<C> {
  readonly kind: 'secretAccess';
  /** As the audit log calls it. */
  readonly action: string;
  run(call: C): Promise<unknown>;
}

/** Keeps something as it was requested before. Repeating it does no harm: no idempotency key, and no audit event when it succeeds. */
interface RenewalOf<C> {
  readonly kind: 'renewal';
  /** As the audit log calls it when it is refused. */
  readonly action: string;
  run(call: C): Promise<unknown>;
}

/** Stores bytes. Repeating it does no harm: no idempotency key, and no audit event when it succeeds; what uses them is a command. */
interface UploadOf<C> {
  readonly kind: 'upload';
  /** As the audit log calls it when it is refused. */
  readonly action: string;
  run(call: C): Promise<unknown>;
}

/** Changes something: runs inside the transaction that also holds the idempotency record. */
interface CommandOf<C> {
  readonly kind: 'command';
  /** As the audit log calls it. */
  readonly action: string;
  readonly status: number;
  /** Answers 200 without changing anything, when the call only asks for a plan. */
  preview?(call: C): Promise<unknown> | undefined;
  run(tx: Tx, call: C): Promise<unknown>;
  /** Throws when an earlier answer tells of something that the caller may no longer see. */
  authorizeReplay(caller: Caller, answer: unknown): Promise<void>;
  /** Adds to the answer what must not be remembered with it: a secret. */
  complete?(caller: Caller, answer: unknown, replayed: boolean): Promise<unknown>;
}

/**
 * `authorizeReplay` of operations of the whole installation: the pipeline has checked the role for the replay as well, and the answer
 * belongs to no team.
 */
export async function authorizedByRole(): Promise<void> {}

export type Query<Op extends Id> = QueryOf<Call<Op>>;
export type SecretAccess<Op extends Id> = SecretAccessOf<Call<Op>>;
export type RenewalCommand<Op extends Id> = RenewalOf<Call<Op>>;
export type Upload<Op extends Id> = UploadOf<Call<Op>>;
export type Command<Op extends Id> = CommandOf<Call<Op>>;

/** A handler whose types were checked where it was made; the HTTP layer calls every operation in the same way. */
export type Handler =
  | QueryOf<unknown>
  | SecretAccessOf<unknown>
  | RenewalOf<unknown>
  | UploadOf<unknown>
  | CommandOf<unknown>;
export type AnyCommand = CommandOf<unknown>;

/** Handlers by operation id of the contract. */
export type Handlers = Readonly<Record<string, Handler>>;

/** The handlers of the named operations, each typed by the contract; the compiler knows when one is missing. */
export type HandlersOf<Ids extends Id> = {
  readonly [Op in Ids]: Query<Op> | SecretAccess<Op> | RenewalCommand<Op> | Upload<Op> | Command<Op>;
};

export function query<Op extends Id>(run: (call: Call<Op>) => Promise<unknown>): Query<Op> {
  return { kind: 'query', run };
}
