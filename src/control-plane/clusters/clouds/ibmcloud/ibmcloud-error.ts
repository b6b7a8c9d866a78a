import { CloudError } from '../cloud.ts';

export type IbmcloudErrorCode =
  /** The worker has no API key at all. */
  | 'CREDENTIALS_MISSING'
  /** IAM rejects it: wrong, deleted or locked. */
  | 'CREDENTIALS_INVALID'
  | 'ACCESS_DENIED'
  | 'CLOUD_THROTTLED'
  | 'CLOUD_UNAVAILABLE'
  /** A response does not have the documented form. */
  | 'CLOUD_ANSWER_UNREADABLE';

/** Why a request to IBM Cloud failed. */
export class IbmcloudError extends CloudError<IbmcloudErrorCode> {}

export function missingApiKey(): IbmcloudError {
  return new IbmcloudError('CREDENTIALS_MISSING', 'the worker has no IBM Cloud API key', {
    hint: 'set IC_API_KEY for the worker; see docs/connect-ibmcloud.md',
    retryable: false,
  });
}

export function unreachableError(what: string, cause: unknown): IbmcloudError {
  const name = cause instanceof Error ? cause.name : 'unknown failure';
  return new IbmcloudError('CLOUD_UNAVAILABLE', `${what}: cannot connect to IBM Cloud (${name})`, {
    hint: 'check DNS, proxy and firewall of the worker',
    retryable: true,
    cause,
  });
}

export function unexpectedResponse(what: string, detail: string): IbmcloudError {
  return new IbmcloudError('CLOUD_ANSWER_UNREADABLE', `${what}: unexpected response (${detail})`, {
    hint: 'check whether a proxy answers for IBM Cloud; otherwise report it as a bug of ocpctl',
    retryable: false,
  });
}

/** @returns the error for a status; `what` names the request ("listing VPCs") */
export function statusError(what: string, status: number): IbmcloudError {
  if (status === 429) {
    return new IbmcloudError('CLOUD_THROTTLED', `${what}: throttled by IBM Cloud`, {
      hint: 'the API rate limit of the account is exhausted; try again later',
      retryable: true,
    });
  }
  if (status === 401) {
    return new IbmcloudError('CREDENTIALS_INVALID', `${what}: IBM Cloud rejected the worker's API key`, {
      hint: 'configure a valid key; `ibmcloud login --apikey` with it must succeed',
      retryable: false,
    });
  }
  if (status === 403) {
    return new IbmcloudError(
      'ACCESS_DENIED',
      `${what}: the owner of the worker's API key is not authorized`,
      {
        hint: 'assign the roles listed in docs/connect-ibmcloud.md',
        retryable: false,
      },
    );
  }
  return new IbmcloudError('CLOUD_UNAVAILABLE', `${what}: status ${status}`, {
    hint: 'check the IBM Cloud status page; the job is retried',
    retryable: true,
  });
}
