import { ApiError } from '../../client/api-error.ts';
import { type AwsSignInOptions, signInWithAws } from '../../client/sign-in-with-aws.ts';
import type { Credentials } from '../../client/signature-v4.ts';
import type { CredentialSource } from '../../client/signer.ts';
import type { AwsIdentity } from '../../client/sts-proof.ts';
import { CliError } from '../errors/cli-error.ts';
import { EXIT } from '../errors/exit-codes.ts';
import type { CachedSession, SessionCache } from './session-cache.ts';

export interface AwsSessionOptions extends Omit<AwsSignInOptions, 'aws'> {
  readonly cache: SessionCache;
  /** Loads the AWS credentials; called only when a new session is needed. */
  readonly loadAwsIdentity: () => Promise<AwsIdentity>;
  /** For hints: ` --profile work`, or an empty string. */
  readonly profileFlag: string;
  readonly now: () => Date;
}

/** A session that ends within this time is renewed first. */
const EXPIRY_MARGIN_MS = 60_000;

/** Session keys from the cache; renewed when they expire or when the server rejects them. */
export class AwsSession implements CredentialSource {
  readonly #options: AwsSessionOptions;
  #session: CachedSession | undefined;
  #renewal: Promise<CachedSession> | undefined;

  constructor(options: AwsSessionOptions) {
    this.#options = options;
  }

  async current(): Promise<Credentials> {
    const { accessKeyId, secretAccessKey, sessionToken } = await this.#currentSession();
    return { accessKeyId, secretAccessKey, sessionToken };
  }

  /** Region for signing requests to this server. */
  async region(): Promise<string> {
    return (await this.#currentSession()).region;
  }

  async renew(rejected: Credentials): Promise<boolean> {
    return (await this.#renewOnce(rejected.accessKeyId)).accessKeyId !== rejected.accessKeyId;
  }

  /** Signs in even if the cache has a valid session. */
  async signIn(): Promise<CachedSession> {
    return this.#renewOnce((await this.#options.cache.read())?.accessKeyId);
  }

  /** Returns the valid session, if there is one, without signing in. */
  async peek(): Promise<CachedSession | undefined> {
    const cached = this.#session ?? (await this.#options.cache.read());
    return this.#isValid(cached) ? cached : undefined;
  }

  /** Deletes the session from this machine. */
  async forget(): Promise<void> {
    this.#session = undefined;
    await this.#options.cache.remove();
  }

  async #currentSession(): Promise<CachedSession> {
    if (!this.#isValid(this.#session)) this.#session = await this.#options.cache.read();
    return this.#isValid(this.#session) ? this.#session : this.#renewOnce(undefined);
  }

  /** One renewal at a time, across all processes of this user: a process that waited uses the new session of the other. */
  #renewOnce(unwantedId: string | undefined): Promise<CachedSession> {
    this.#renewal ??= this.#options.cache
      .withLock(async () => {
        const cached = await this.#options.cache.read();
        const created =
          this.#isValid(cached) && cached.accessKeyId !== unwantedId ? cached : await this.#createSession();
        this.#session = created;
        return created;
      })
      .finally(() => {
        this.#renewal = undefined;
      });
    return this.#renewal;
  }

  async #createSession(): Promise<CachedSession> {
    const { cache, now, loadAwsIdentity } = this.#options;
    const { keys, livesMs: lifetimeMs } = await signInWithAws({
      ...this.#options,
      aws: await loadAwsIdentity(),
    }).catch((error: unknown) => {
      throw this.#explain(error);
    });
    const { principal, accessKeyId, secretAccessKey, sessionToken, region } = keys;
    // In local time, because the local clock may differ from the server's: only the lifetime is taken from the server.
    const endsAt = new Date(now().getTime() + lifetimeMs).toISOString();
    const session = { principal, accessKeyId, secretAccessKey, sessionToken, region, endsAt };
    await cache.write(session);
    return session;
  }

  #isValid(session: CachedSession | undefined): session is CachedSession {
    return (
      session !== undefined && Date.parse(session.endsAt) - this.#options.now().getTime() > EXPIRY_MARGIN_MS
    );
  }

  /** Adds the likely cause: the server's 401 does not say why it rejected the proof. */
  #explain(error: unknown): unknown {
    if (!(error instanceof ApiError)) return error;
    const { server, audience, profileFlag } = this.#options;
    if (error.code === 'UNAUTHENTICATED') {
      return new CliError('SIGN_IN_REFUSED', `${server} rejected the AWS credentials`, {
        exitCode: EXIT.unauthenticated,
        hint: `check that 'aws sts get-caller-identity${profileFlag}' succeeds and that the audience of the server is ${audience}`,
        ...(error.requestId === undefined ? {} : { requestId: error.requestId }),
        cause: error,
      });
    }
    if (error.code === 'NOT_FOUND') {
      return new CliError('NO_AWS_SIGN_IN', `${server} does not support signing in with AWS credentials`, {
        exitCode: EXIT.unauthenticated,
        hint: "use server keys with 'ocpctl context add --access-key-id', or ask the operator to run the server with --auth sts",
        cause: error,
      });
    }
    return error;
  }
}
