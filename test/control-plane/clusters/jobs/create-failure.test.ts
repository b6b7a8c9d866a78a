import { expect, test } from 'vitest';
import type { LogLevel } from '../../../../src/control-plane/clusters/installer/log-record.ts';
import { CreateFailure } from '../../../../src/control-plane/clusters/jobs/create-failure.ts';
import type { InstallerRun } from '../../../../src/control-plane/clusters/jobs/installer-run.ts';

const record = (level: LogLevel, message: string) => ({ time: new Date(0), level, message, fields: {} });

const run: InstallerRun = {
  outcome: { exists: 'maybe', next: 'destroy-then-retry', summary: 'not created' },
  timedOut: false,
  records: [
    record(
      'debug',
      '"Reconciler error" err="failed to create subnet: api error InvalidSubnet.Range: The CIDR \'10.0.0.128/29\' is invalid."',
    ),
    record('fatal', 'failed to create cluster: infrastructure was not ready within 15m0s'),
  ],
};

test('R10: the error of the job quotes the line with the cause, not the one that says "not ready"', () => {
  const failure = CreateFailure.ofRun(run);
  expect(failure).toMatchObject({ code: 'CLOUD_REQUEST_INVALID', retryable: false, exists: 'maybe' });
  expect(failure.message).toContain("InvalidSubnet.Range: The CIDR '10.0.0.128/29' is invalid.");
});
