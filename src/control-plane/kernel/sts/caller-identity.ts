import * as z from 'zod';
import { StsNoAnswerError, type StsResponse } from './sts-client.ts';

/** The identity that STS reports for a signature. */
export interface CallerIdentity {
  readonly arn: string;
  readonly account: string;
  readonly userId: string;
}

const JSON_TYPE = /^application\/json(?:;\s*charset=utf-8)?$/i;

const text = (max: number) => z.string().min(1).max(max);
const identitySchema = z.object({
  GetCallerIdentityResponse: z.object({
    GetCallerIdentityResult: z.object({ Arn: text(2048), Account: text(12), UserId: text(256) }),
  }),
});
const errorSchema = z.object({ Error: z.object({ Code: text(100) }) });

const THROTTLED = /^(?:Throttling|ThrottlingException|ThrottledException|RequestLimitExceeded)$/;

/**
 * Reads a response of STS. Anything but the exact form of an identity or of a rejection counts as no answer.
 * @returns undefined when STS rejects the signature
 * @throws StsNoAnswerError
 */
export function readCallerIdentity(answer: StsResponse): CallerIdentity | undefined {
  const { status } = answer;
  if (status === 429) throw new StsNoAnswerError('throttled', true, { throttled: true });
  if (status >= 500) throw new StsNoAnswerError(`status ${status}`, true);
  const document = JSON_TYPE.test(answer.contentType) ? parse(answer.body) : undefined;
  if (status === 200) {
    const parsed = identitySchema.safeParse(document);
    if (!parsed.success) throw new StsNoAnswerError('unexpected response body', false);
    const { Arn, Account, UserId } = parsed.data.GetCallerIdentityResponse.GetCallerIdentityResult;
    return { arn: Arn, account: Account, userId: UserId };
  }
  const refusal = errorSchema.safeParse(document);
  if (refusal.success && THROTTLED.test(refusal.data.Error.Code))
    throw new StsNoAnswerError('throttled', true, { throttled: true });
  // A rejection, whatever the body says.
  if (status === 400 || status === 401 || status === 403) return undefined;
  throw new StsNoAnswerError(`status ${status}`, false);
}

function parse(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}
