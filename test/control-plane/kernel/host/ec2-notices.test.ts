import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { watchEc2Notices } from '../../../../src/control-plane/kernel/host/ec2-notices.ts';
import { InstanceMetadataServer } from '../../../setup/instance-metadata.ts';

describe('notices of EC2', () => {
  let metadata: InstanceMetadataServer;
  const lines: string[] = [];
  beforeEach(async () => {
    metadata = await InstanceMetadataServer.start();
    lines.length = 0;
  });
  afterEach(() => metadata.stop());

  /** @param atPause called instead of each pause, with its number */
  const watch = (atPause: (n: number) => void, signal = new AbortController().signal) => {
    let pauses = 0;
    const log = (_: object, message: string) => void lines.push(message);
    return watchEc2Notices(
      {
        endpoint: metadata.endpoint,
        clock: {
          now: () => new Date(),
          monotonicMs: () => 0,
          sleep: async () => atPause(++pauses),
        },
        pollMs: 5_000,
        log: { info: log, warn: log },
      },
      signal,
    );
  };

  test('a spot interruption says when; its token is requested once', async () => {
    const notice = await watch((n) => {
      if (n === 3)
        metadata.values.set(
          'spot/instance-action',
          '{"action": "terminate", "time": "2026-11-29T08:22:00Z"}',
        );
    });
    expect(notice).toEqual({
      reason: 'EC2 will terminate this spot instance at 2026-11-29T08:22:00.000Z',
      at: new Date('2026-11-29T08:22:00Z'),
    });
    expect(metadata.tokens).toBe(1);
    expect(lines).toEqual([]);
  });

  test('a scale-in is one, an instance in service is none', async () => {
    metadata.values.set('autoscaling/target-lifecycle-state', 'InService');
    const notice = await watch((n) => {
      if (n === 2) metadata.values.set('autoscaling/target-lifecycle-state', 'Terminated');
    });
    expect(notice).toEqual({
      reason: 'Auto Scaling takes this instance out of service (target state Terminated)',
      at: undefined,
    });
  });

  test('an expired token is replaced', async () => {
    const notice = await watch((n) => {
      if (n === 1) metadata.expireToken();
      if (n === 2) metadata.values.set('autoscaling/target-lifecycle-state', 'Terminated');
    });
    expect(notice?.reason).toContain('Terminated');
    expect(metadata.tokens).toBe(3);
    expect(lines).toEqual([]);
  });

  test('metadata that does not answer is told once, and again when it answers', async () => {
    metadata.isDown = true;
    const notice = await watch((n) => {
      if (n === 3) metadata.isDown = false;
      if (n === 5) metadata.values.set('autoscaling/target-lifecycle-state', 'Terminated');
    });
    expect(notice).toBeDefined();
    expect(lines).toEqual([
      'cannot read the instance metadata: notices of EC2 are not seen',
      'the instance metadata service answers again',
    ]);
  });

  test('it ends when it is told to', async () => {
    const stop = new AbortController();
    expect(await watch(() => stop.abort(), stop.signal)).toBeUndefined();
  });
});
