import { CloudError } from '../cloud-error.ts';

export type IbmcloudErrorCode =
  /** The worker has no API key at all. */
  | 'CREDENTIALS_MISSING'
  /** IAM does not accept it: wrong, deleted, locked. */
  | 'CREDENTIALS_INVALID'
  | 'ACCESS_DENIED'
  | 'CLOUD_THROTTLED'
  | 'CLOUD_UNAVAILABLE'
  /** An answer is not of the documented form: better no answer than half of one. */
  | 'CLOUD_ANSWER_UNREADABLE';

/** What keeps us from asking IBM Cloud. */
export class IbmcloudError extends CloudError<IbmcloudErrorCode> {}

export function missingApiKey(): IbmcloudError {
  return new IbmcloudError('CREDENTIALS_MISSING', 'the worker has no API key of IBM Cloud', {
    hint: 'set IC_API_KEY where the worker runs; see docs/connect-ibmcloud.md',
    retryable: false,
  });
}

export function unreachableError(what: string, cause: unknown): IbmcloudError {
  const name = cause instanceof Error ? cause.name : 'unknown failure';
  return new IbmcloudError('CLOUD_UNAVAILABLE', `${what}: IBM Cloud cannot be reached (${name})`, {
    hint: 'check the way out of the worker: DNS, proxy, firewall',
    retryable: true,
    cause,
  });
}

export function unexpectedResponse(what: string, detail: string): IbmcloudError {
  return new IbmcloudError('CLOUD_ANSWER_UNREADABLE', `${what}: the answer has an unknown form (${detail})`, {
    hint: 'is a proxy answering for IBM Cloud? Otherwise report it as a bug of ocpctl',
    retryable: false,
  });
}

/** @returns what a refusal means; `what` is the sentence's subject ("listing the VPCs") */
export function statusError(what: string, status: number): IbmcloudError {
  if (status === 429) {
    return new IbmcloudError('CLOUD_THROTTLED', `${what}: IBM Cloud asks to slow down`, {
      hint: 'other users of the account call IBM Cloud too often; try again later',
      retryable: true,
    });
  }
  if (status === 401) {
    return new IbmcloudError(
      'CREDENTIALS_INVALID',
      `${what}: IBM Cloud does not accept the worker's API key`,
      {
        hint: 'give the worker a key that works: `ibmcloud login --apikey` with it must succeed',
        retryable: false,
      },
    );
  }
  if (status === 403) {
    return new IbmcloudError('ACCESS_DENIED', `${what}: the owner of the worker's API key may not do that`, {
      hint: 'give it the roles of docs/connect-ibmcloud.md',
      retryable: false,
    });
  }
  return new IbmcloudError('CLOUD_UNAVAILABLE', `${what}: status ${status}`, {
    hint: 'see the status page of IBM Cloud; the work is tried again',
    retryable: true,
  });
}
