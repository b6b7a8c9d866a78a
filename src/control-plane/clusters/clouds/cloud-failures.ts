import type { FailureExplanation } from '../../kernel/jobs/failure-codes.ts';
import type { AwsErrorCode } from './aws/aws-error.ts';
import type { IbmcloudErrorCode } from './ibmcloud/ibmcloud-error.ts';

/** What keeps a worker from asking a cloud. */
export const CLOUD_FAILURES: Readonly<Record<AwsErrorCode | IbmcloudErrorCode, FailureExplanation>> = {
  ACCESS_DENIED: {
    retried: false,
    cause: "The worker's principal may not make a call that the message names.",
    remedy:
      'AWS: attach `deploy/aws/worker-policy.json` and the [permissions of the installer](connect-aws.md#2-key-policies-and-principals). IBM Cloud: give the roles of [connect-ibmcloud.md](connect-ibmcloud.md#2-the-api-key).',
  },
  CLOUD_ANSWER_UNREADABLE: {
    retried: false,
    cause: 'The answer is not one of the IBM Cloud API.',
    remedy: 'Check for a proxy between worker and cloud.',
  },
  CLOUD_THROTTLED: {
    retried: true,
    cause: 'The cloud limits the calls of the account.',
    remedy: 'Fewer jobs at a time (`--concurrency`) help if it lasts.',
  },
  CLOUD_UNAVAILABLE: {
    retried: true,
    cause: 'The cloud does not answer, or answers with an error of its own.',
    remedy: 'Check the network of the worker and the status page of the cloud.',
  },
  CREDENTIALS_INVALID: {
    retried: false,
    cause:
      'The cloud does not accept the credentials: wrong, expired or disabled. While that is so the worker claims no jobs, and the attempt is not counted.',
    remedy:
      'Replace them on the worker. `aws sts get-caller-identity` or `ibmcloud login --apikey` must succeed there.',
  },
  CREDENTIALS_MISSING: {
    retried: false,
    cause:
      'The worker has no credentials. Other workers do its jobs; if there is none, they fail. If it has had some, the jobs wait.',
    remedy:
      'AWS: set `AWS_ACCESS_KEY_ID` and `AWS_SECRET_ACCESS_KEY`, or `AWS_PROFILE`. IBM Cloud: set `IC_API_KEY`.',
  },
  CREDENTIALS_UNSUITABLE: {
    retried: false,
    cause: 'The installer does not accept session credentials in this credentials mode.',
    remedy:
      'Use keys of an IAM user, or credentials mode `Manual` ([connect-aws.md](connect-aws.md#2-key-policies-and-principals)).',
  },
  DENIED_BY_SERVICE_CONTROL_POLICY: {
    retried: false,
    cause:
      'A policy of the AWS organization denies a call that the message names, whatever the policy of the worker allows.',
    remedy: 'Have that policy changed for the worker, or use another region or account.',
  },
  REGION_NOT_ENABLED: {
    retried: false,
    cause:
      'The account has not enabled the region: AWS accepts the credentials of the worker in another one.',
    remedy: 'Run `aws account enable-region --region-name REGION`, or use another region.',
  },
  SESSION_TOO_SHORT: {
    retried: false,
    cause:
      'The AWS session of the worker ends before the work, and no source renews it. While that is so the worker claims no such jobs, and the attempt is not counted.',
    remedy:
      'Give the worker a role, SSO, or a profile with `credential_process`, or a longer session ([connect-aws.md](connect-aws.md#2-key-policies-and-principals)).',
  },
  WORKER_CLOCK_WRONG: {
    retried: true,
    cause:
      'The clock of the worker is minutes off, so AWS rejects its signatures. While that is so the worker claims no jobs, and the attempt is not counted.',
    remedy: "Synchronize the clock of the worker's host: `chronyc tracking` or `timedatectl` show its state.",
  },
};
