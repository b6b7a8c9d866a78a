import { describe, expect, it } from 'vitest';
import {
  classifyFailure,
  FAILURE_RULES,
} from '../../../../src/control-plane/clusters/installer/classify-failure.ts';
import { ACCESS_RULES } from '../../../../src/control-plane/clusters/installer/failure-rules/access.ts';
import { CONFIGURATION_RULES } from '../../../../src/control-plane/clusters/installer/failure-rules/configuration.ts';
import { QUOTA_RULES } from '../../../../src/control-plane/clusters/installer/failure-rules/limits.ts';
import { FALLBACK_RULES } from '../../../../src/control-plane/clusters/installer/failure-rules/stages.ts';
import type { LogLevel, LogRecord } from '../../../../src/control-plane/clusters/installer/log-record.ts';
import { FAILURE_SAMPLES } from './failure-samples.ts';

const record = (level: LogLevel, message: string): LogRecord => ({
  time: new Date(0),
  level,
  message,
  fields: {},
});
const PREFIX = 'failed to fetch Cluster: failed to generate asset "Cluster": failed to create cluster: ';

describe('classifyFailure', () => {
  it.each(FAILURE_SAMPLES)('$reason', ({ reason, log }) => {
    const failure = classifyFailure(log);
    expect(failure.reason).toBe(reason);
    expect(failure.cause).not.toBe('');
  });

  it('has a sample for every reason, at least 30 of them, each named once', () => {
    const reasons = FAILURE_RULES.map((rule) => rule.reason);
    expect(new Set(reasons).size).toBe(reasons.length);
    expect(reasons.length).toBeGreaterThanOrEqual(30);
    expect(new Set(FAILURE_SAMPLES.map(({ reason }) => reason))).toEqual(new Set(reasons));
    for (const reason of reasons) expect(reason).toMatch(/^[A-Z][A-Z0-9_]+$/);
  });

  it('retries nothing that only a person can change', () => {
    const limit = FALLBACK_RULES.filter(({ reason }) => reason === 'LIMIT_EXCEEDED');
    const lasting = [...QUOTA_RULES, ...limit, ...ACCESS_RULES, ...CONFIGURATION_RULES];
    expect(limit).toHaveLength(1);
    expect(lasting.filter(({ retryable }) => retryable)).toEqual([]);
  });

  it('says UNKNOWN, with the last words, when nothing fits', () => {
    expect(classifyFailure([record('fatal', 'the moon is in the wrong phase')])).toMatchObject({
      reason: 'UNKNOWN',
      cause: 'the moon is in the wrong phase',
      retryable: false,
    });
    expect(classifyFailure([]).cause).toBe('the installer ended without an error message');
  });

  it('takes text without records as errors: a crash of the installer itself', () => {
    const text = 'panic: runtime error\n\ngoroutine 1 [running]:\nwrite /w/x: no space left on device\n';
    expect(classifyFailure(text)).toMatchObject({ reason: 'WORKER_DISK_FULL' });
  });

  it('shows the last error, in one line, without the asset names in front', () => {
    const failure = classifyFailure([
      record('error', 'an earlier one: AddressLimitExceeded'),
      record('fatal', `${PREFIX}infrastructure was not ready within 15m0s:\n  context deadline exceeded`),
    ]);
    expect(failure).toMatchObject({
      reason: 'ELASTIC_IP_LIMIT_EXCEEDED',
      cause: 'failed to create cluster: infrastructure was not ready within 15m0s: context deadline exceeded',
      evidence: 'an earlier one: AddressLimitExceeded',
    });
  });

  it('finds in debug output what the fatal line of 4.16 to 4.19 does not say', () => {
    const failure = classifyFailure([
      record(
        'debug',
        'E0102 controller.go:324] "Reconciler error" err="failed to create VPC: VpcLimitExceeded: The maximum number of VPCs has been reached."',
      ),
      record(
        'fatal',
        `${PREFIX}infrastructure was not ready within 15m0s: client rate limiter Wait returned an error: context deadline exceeded`,
      ),
    ]);
    expect(failure).toMatchObject({ reason: 'VPC_LIMIT_EXCEEDED', retryable: false });
    expect(failure.evidence).toContain('VpcLimitExceeded');
  });

  it('does not take noise of a stage that went well for the cause of a later one', () => {
    const failure = classifyFailure([
      record('debug', 'RequestLimitExceeded: Request limit exceeded.'),
      record('error', 'Bootstrap failed to complete: timed out waiting for the condition'),
      record(
        'error',
        'Failed to wait for bootstrapping to complete. This error usually happens when there is a problem with control plane hosts.',
      ),
    ]);
    expect(failure.reason).toBe('BOOTSTRAP_TIMEOUT');
  });

  it('does not take the controllers’ own rate limit for throttling', () => {
    const failure = classifyFailure([
      record('debug', 'Waited for 1.03s due to client-side throttling, not priority and fairness'),
      record('fatal', `${PREFIX}infrastructure is not ready: client rate limiter Wait returned an error`),
    ]);
    expect(failure.reason).toBe('INFRASTRUCTURE_NOT_READY');
  });

  it('does not take a tolerated refusal for the cause', () => {
    const failure = classifyFailure([
      record(
        'debug',
        'Missing permissions to fetch Quotas and therefore will skip checking them: AccessDeniedException',
      ),
      record(
        'fatal',
        `${PREFIX}failed to provision control-plane machines within 15m0s: context deadline exceeded`,
      ),
    ]);
    expect(failure.reason).toBe('MACHINES_NOT_READY');
  });

  it('takes an interrupt for the cause whatever follows', () => {
    const failure = classifyFailure([
      record('warning', 'Received interrupt signal'),
      record('fatal', `${PREFIX}infrastructure is not ready: VpcLimitExceeded`),
    ]);
    expect(failure).toMatchObject({ reason: 'INSTALLER_INTERRUPTED', retryable: true });
  });

  it('passes over explanations that follow every error of their kind', () => {
    const failure = classifyFailure([
      record(
        'error',
        'failed to initialize the cluster: Cluster operators console, storage are not available',
      ),
      record(
        'error',
        'Cluster initialization failed because one or more operators are not functioning properly.\nThe cluster should be accessible',
      ),
    ]);
    expect(failure.cause).toContain('console, storage');
  });

  it('G15: a refused pull secret never shows, whole or cut', () => {
    const secret = 'c3VwZXI6c2VjcmV0LXRva2VuLW9mLW1pbmU=';
    const echo = JSON.stringify(
      JSON.stringify({ auths: { 'quay.io': { auth: secret, email: 'me@example.com' } } }).slice(0, -1),
    );
    const message = `failed to fetch Install Config: failed to create install config: invalid "install-config.yaml" file: pullSecret: Invalid value: ${echo}: unexpected end of JSON input`;
    for (let length = message.length; length > 150; length -= 7) {
      const failure = classifyFailure([record('fatal', message.slice(0, length))]);
      expect(JSON.stringify(failure)).not.toContain(secret.slice(0, 12));
    }
    const failure = classifyFailure([record('fatal', message)]);
    expect(failure.cause).toBe(
      'failed to create install config: invalid "install-config.yaml" file: pullSecret: Invalid value: (hidden): unexpected end of JSON input',
    );
  });

  it('keeps a cause short', () => {
    expect(classifyFailure([record('fatal', 'x'.repeat(10_000))]).cause).toHaveLength(500);
  });
});
