/** PEM. The key is a secret. */
export interface StoredAuthority {
  readonly cert: string;
  readonly key: string;
}

/**
 * Where the installation keeps its authority.
 * @param create called when there is none yet
 * @returns the stored one; of two processes that create one at the same time, both get the same
 */
export type AuthorityStore = (create: () => Promise<StoredAuthority>) => Promise<StoredAuthority>;

export interface IssuedCertificate {
  /** PEM. */
  readonly cert: string;
  readonly key: string;
  readonly notAfter: Date;
}

export interface CertificateAuthority {
  /** PEM: what clients have to trust. */
  readonly cert: string;
  /** @returns a certificate for the host name alone, with a key of its own */
  issue(host: string): Promise<IssuedCertificate>;
}
