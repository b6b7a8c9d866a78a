import { ApiError } from '../../client/api-error.ts';
import { type AwsSignInOptions, signInWithAws } from '../../client/sign-in-with-aws.ts';
import type { CredentialSource, Credentials } from '../../client/signer.ts';
import type { AwsIdentity } from '../../client/sts-proof.ts';
import { CliError } from '../errors/cli-error.ts';
import { EXIT } from '../errors/exit-codes.ts';
import type { CachedSession, SessionCache } from './session-cache.ts';

export interface AwsSessionOptions extends Omit<AwsSignInOptions, 'aws'> {
  readonly cache: SessionCache;
  /** Finds the AWS credentials; asked only when a session has to be made. */
  readonly loadAwsIdentity: () => Promise<AwsIdentity>;
  /** As a hint names it: ` --profile work`, or nothing. */
  readonly profileFlag: string;
  readonly now: () => Date;
}

/** A session that ends so soon is not begun anything with. */
const EXPIRY_MARGIN_MS = 60_000;

/** The session of this command: from the cache while it lasts, made anew when it ends or when the server no longer takes it. */
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

  /** The region that requests to this server are signed for. */
  async region(): Promise<string> {
    return (await this.#currentSession()).region;
  }

  async renew(rejected: Credentials): Promise<boolean> {
    return (await this.#renewOnce(rejected.accessKeyId)).accessKeyId !== rejected.accessKeyId;
  }

  /** Signs in, whatever is in the cache. */
  async signIn(): Promise<CachedSession> {
    return this.#renewOnce((await this.#options.cache.read())?.accessKeyId);
  }

  /** The session that there is, without making one. */
  async peek(): Promise<CachedSession | undefined> {
    const cached = this.#session ?? (await this.#options.cache.read());
    return this.#isValid(cached) ? cached : undefined;
  }

  /** Removes it from this machine. */
  async forget(): Promise<void> {
    this.#session = undefined;
    await this.#options.cache.remove();
  }

  async #currentSession(): Promise<CachedSession> {
    if (!this.#isValid(this.#session)) this.#session = await this.#options.cache.read();
    return this.#isValid(this.#session) ? this.#session : this.#renewOnce(undefined);
  }

  /** One at a time here, and one at a time on this machine: whoever waited takes what the other made. */
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
    // By our own clock, which may be wrong: what counts is how long it lives.
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

  /** The server's 401 says nothing of its cause; what it can be is known here. */
  #explain(error: unknown): unknown {
    if (!(error instanceof ApiError)) return error;
    const { server, audience, profileFlag } = this.#options;
    if (error.code === 'UNAUTHENTICATED') {
      return new CliError('SIGN_IN_REFUSED', `${server} does not accept the proof of these AWS credentials`, {
        exitCode: EXIT.unauthenticated,
        hint: `'aws sts get-caller-identity${profileFlag}' must answer, and the server's audience must be ${audience}`,
        ...(error.requestId === undefined ? {} : { requestId: error.requestId }),
        cause: error,
      });
    }
    if (error.code === 'NOT_FOUND') {
      return new CliError('NO_AWS_SIGN_IN', `${server} takes no AWS credentials`, {
        exitCode: EXIT.unauthenticated,
        hint: 'its operator turns it on with --auth sts; until then it takes keys: ocpctl context add --access-key-id',
        cause: error,
      });
    }
    return error;
  }
}
