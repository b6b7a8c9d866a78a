import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { CLUSTER_STATUSES, JOB_STATUSES, JOB_TYPES } from '../../src/contract/statuses.ts';

const { schemas } = parse(readFileSync('openapi.yaml', 'utf8')).components;

test.each([
  ['ClusterStatus', CLUSTER_STATUSES],
  ['JobStatus', JOB_STATUSES],
  ['JobType', JOB_TYPES],
])('the values that flags accept are those of %s in openapi.yaml', (name, values) => {
  expect(values).toEqual(schemas[name].enum);
});
