import { type FailureRule, rulesOf } from '../failure-rule.ts';

/** Missing permissions and bad credentials, the most specific first: a denying policy also says "access denied". */
export const ACCESS_RULES: readonly FailureRule[] = rulesOf({ retryable: false }, [
  {
    reason: 'ACCOUNT_BLOCKED',
    pattern: /api error Blocked:|account is currently blocked/,
    hint: 'the cloud has blocked the account: its owner must contact the provider',
  },
  {
    reason: 'ACCOUNT_PENDING_VERIFICATION',
    pattern: /\bPendingVerification\b/,
    hint: 'the provider is verifying the account for this region; it usually takes some hours',
  },
  {
    reason: 'OPT_IN_REQUIRED',
    pattern: /\bOptInRequired\b/,
    hint: 'the account has not subscribed to the service or enabled the region',
  },
  {
    reason: 'CREDENTIALS_MODE_REFUSED',
    pattern: /AWS credentials provided by .+ are not valid for .+ credentials mode/i,
    hint: 'session or role credentials need credentialsMode Manual; use static keys for the other modes',
  },
  {
    reason: 'CREDENTIALS_EXPIRED',
    pattern: /\b(?:ExpiredToken(?:Exception)?|RequestExpired)\b/,
    hint: 'the session expired during the run: the next attempt uses a new one; if this repeats, use a longer session and check the clock of the worker',
    retryable: true,
  },
  {
    reason: 'CREDENTIALS_INVALID',
    pattern: /\b(?:InvalidClientTokenId|UnrecognizedClientException|SignatureDoesNotMatch|AuthFailure)\b/,
    hint: 'the access key is wrong, disabled or of another partition: replace the credentials of the worker',
  },
  {
    reason: 'CREDENTIALS_MISSING',
    pattern:
      /\bNoCredentialProviders\b|failed to (?:refresh cached|retrieve) credentials|no EC2 IMDS role found|IC_API_KEY .*not set/i,
    hint: 'the worker has no cloud credentials: configure them for its installer',
  },
  {
    reason: 'IBM_API_KEY_INVALID',
    pattern: /\bBXNIM0415E\b|Provided API key could not be found/i,
    hint: 'the IBM Cloud API key does not exist or is disabled: replace it',
  },
  {
    reason: 'SERVICE_LINKED_ROLE_DENIED',
    pattern: /iam:CreateServiceLinkedRole/,
    hint: 'allow iam:CreateServiceLinkedRole once, or create the load balancing role of the account manually',
  },
  {
    reason: 'DENIED_BY_SERVICE_CONTROL_POLICY',
    pattern:
      /explicit deny in a (?:service|resource) control policy|because no (?:service|resource) control policy allows/i,
    hint: 'a policy of the organisation forbids the action: use another account or region, or have the policy changed',
  },
  {
    reason: 'DENIED_BY_PERMISSIONS_BOUNDARY',
    pattern:
      /explicit deny in a (?:permissions boundary|session policy)|because no (?:permissions boundary|session policy) allows/i,
    hint: 'the permissions boundary or session policy of the principal does not allow the action: extending its own policy does not help',
  },
  {
    reason: 'VOLUME_KEY_DENIED',
    pattern: /\bInvalidKMSKey\.InvalidState\b|\bClient\.InternalError\b|\bKMSKeyNotAccessibleFault\b/,
    hint: 'instances cannot use the default KMS key for volumes: set a usable one',
  },
  {
    reason: 'PERMISSIONS_INSUFFICIENT',
    pattern:
      /current credentials insufficient for performing cluster installation|\bUnauthorizedOperation\b|\bAccessDenied(?:Exception)?\b/,
    hint: 'the worker lacks the permission that the message names: extend its policy',
  },
  {
    reason: 'IBM_NOT_AUTHORIZED',
    pattern: /\bnot_authorized\b|\bBXNIM0513E\b|is not authorized to perform this (?:action|operation)/i,
    hint: 'the API key lacks an IAM role on VPC, COS, CIS or the resource group',
  },
]);
