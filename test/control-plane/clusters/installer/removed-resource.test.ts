import { describe, expect, it } from 'vitest';
import { removedResourceOf } from '../../../../src/control-plane/clusters/installer/removed-resource.ts';

describe('removedResourceOf', () => {
  it.each([
    [
      { message: 'Deleted', fields: { id: 'vpc-0aa', resourceType: 'vpc', arn: 'arn:…' } },
      ['Deleted', 'vpc', 'vpc-0aa'],
    ],
    [
      { message: 'Terminated', fields: { instance: 'i-01', arn: 'arn:…' } },
      ['Terminated', 'instance', 'i-01'],
    ],
    [
      { message: 'Deleted', fields: { id: 'Z1', 'record set': 'A api.' } },
      ['Deleted', 'record set', 'A api.'],
    ],
    [{ message: 'Deleted load balancer "demo-lb"', fields: {} }, ['Deleted', 'load balancer', 'demo-lb']],
    [{ message: 'Deleted COS instance demo-cos', fields: {} }, ['Deleted', 'COS instance', 'demo-cos']],
    [{ message: 'Stopped instance "demo-master-0"', fields: {} }, ['Stopped', 'instance', 'demo-master-0']],
  ])('%j', (record, [verb, kind, id]) => {
    expect(removedResourceOf(record)).toEqual({ verb, kind, id });
  });

  it('is undefined for anything else', () => {
    expect(removedResourceOf({ message: 'Time elapsed: 5m6s', fields: {} })).toBeUndefined();
    expect(removedResourceOf({ message: 'Deleted', fields: {} })).toBeUndefined();
  });
});
