import type { Authority } from '../../../src/sandbox/assets/x509.ts';
import type { ApiAccess } from './kube-client.ts';

/** An API server that the suite runs against. It has the namespace openshift-machine-api, and no controllers that change MachineSets. */
export interface SuiteTarget {
  readonly name: 'sandbox' | 'kube-apiserver';
  readonly access: ApiAccess;
  /** Issues the certificates of clients. */
  readonly authority: Authority;
  close(): Promise<void>;
}
