import { expect, test } from 'vitest';
import type { EdgeTraffic } from '../../../../src/control-plane/apps/edge/edge-state.ts';
import { TrafficReport } from '../../../../src/control-plane/apps/edge/traffic-report.ts';

const traffic = (serviceId: string, requests: number): EdgeTraffic => ({
  ...{ serviceId, requests, clientErrors: 0, serverErrors: 1 },
  ...{ latency: [requests, 0], bytesIn: 10, bytesOut: 20 },
});

test('P17: what could not be reported is reported with what came since, and once', async () => {
  const report = new TrafficReport();
  report.add([traffic('a', 1), traffic('b', 5)]);
  await expect(report.send(() => Promise.reject(new Error('away')))).rejects.toThrow('away');
  report.add([traffic('a', 2)]);
  const sent: EdgeTraffic[] = [];
  const write = async (parts: readonly EdgeTraffic[]) => void sent.push(...parts);
  await report.send(write);
  await report.send(write);
  expect(sent).toEqual(
    [{ ...traffic('b', 5) }, { ...traffic('a', 3), serverErrors: 2, bytesIn: 20, bytesOut: 40 }].sort(
      (a, b) => a.serviceId.localeCompare(b.serviceId),
    ),
  );
});
