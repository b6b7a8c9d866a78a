import { createSecureContext, type SecureContext } from 'node:tls';
import type { Clock } from '../../../kernel/clock.ts';
import type { CertificateAuthority } from './certificate-authority.ts';

export const MIN_TLS_VERSION = 'TLSv1.2';
/** A certificate is renewed when less than this share of its life is left. */
const RENEW_AT = 1 / 3;

interface Held {
  readonly context: SecureContext;
  readonly renewAtMs: number;
  readonly notAfterMs: number;
}

export interface HostCertificatesOptions {
  readonly authority: CertificateAuthority;
  /** Certificates are issued for no other host. */
  readonly isKnown: (host: string) => boolean;
  readonly clock: Pick<Clock, 'now'>;
  readonly onError: (host: string, error: unknown) => void;
}

/** A certificate for each host that is asked for, issued when it is first asked for. */
export class HostCertificates {
  readonly #options: HostCertificatesOptions;
  readonly #held = new Map<string, Held>();
  readonly #issuing = new Map<string, Promise<Held>>();

  constructor(options: HostCertificatesOptions) {
    this.#options = options;
  }

  /** @returns undefined for a host without a route */
  async contextFor(serverName: string): Promise<SecureContext | undefined> {
    const host = serverName.toLowerCase();
    const { isKnown, clock, onError } = this.#options;
    if (!isKnown(host)) {
      this.#held.delete(host);
      return undefined;
    }
    const held = this.#held.get(host);
    const now = clock.now().getTime();
    if (held === undefined || held.notAfterMs <= now) return (await this.#issue(host)).context;
    // The old one is still valid: the handshake need not wait.
    if (held.renewAtMs <= now) this.#issue(host).catch((error) => onError(host, error));
    return held.context;
  }

  /** Forgets hosts that have no route any more. */
  forgetUnknown(): void {
    for (const host of this.#held.keys()) if (!this.#options.isKnown(host)) this.#held.delete(host);
  }

  /** One at a time for each host. */
  #issue(host: string): Promise<Held> {
    const running = this.#issuing.get(host);
    if (running !== undefined) return running;
    const issued = this.#create(host).finally(() => this.#issuing.delete(host));
    this.#issuing.set(host, issued);
    return issued;
  }

  async #create(host: string): Promise<Held> {
    const { authority, clock } = this.#options;
    const now = clock.now().getTime();
    const { cert, key, notAfter } = await authority.issue(host);
    const notAfterMs = notAfter.getTime();
    const held = {
      context: createSecureContext({ cert, key, minVersion: MIN_TLS_VERSION }),
      notAfterMs,
      renewAtMs: notAfterMs - (notAfterMs - now) * RENEW_AT,
    };
    this.#held.set(host, held);
    return held;
  }
}
