import type { TlsFiles } from '../../../kernel/tls/tls-certificate.ts';
import type { CertificateAuthority } from './certificate-authority.ts';

/** Where the certificates of the edge come from. */
export type EdgeTls =
  /** One for each known host, by an authority of the installation. */
  | { readonly kind: 'internal'; readonly authority: CertificateAuthority }
  /** One for all hosts, from files that are read again when they change. */
  | { readonly kind: 'files'; readonly files: TlsFiles; readonly pollMs: number };
