/** PEM. The key is a secret. */
export interface StoredAuthority {
  readonly cert: string;
  readonly key: string;
}

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
