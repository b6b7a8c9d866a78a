import * as z from 'zod';
import type { IbmcloudApi } from './ibmcloud-api.ts';

export interface IbmcloudCallerIdentity {
  readonly account: string;
  /** IAM id of the user or service ID that owns the key. */
  readonly principal: string;
}

const details = z.object({ account_id: z.string().min(1), iam_id: z.string().min(1) });

/** Whom IBM Cloud takes the worker for. @throws IbmcloudError CREDENTIALS_MISSING, CREDENTIALS_INVALID */
export async function ibmcloudCallerIdentity(ibmcloud: IbmcloudApi): Promise<IbmcloudCallerIdentity> {
  const target = { service: 'iam' as const, path: '/v1/apikeys/details' };
  const { account_id: account, iam_id: principal } = await ibmcloud.describeApiKey(
    'asking whose the API key is',
    target,
    details,
  );
  return { account, principal };
}
