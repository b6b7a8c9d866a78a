import type { Charge } from '../../src/contract/documents.ts';

const charge: Charge = {
  clusterId: 'clu_01',
  name: 'demo',
  platform: 'aws',
  version: '4.20.3',
  profile: 'aws-standard',
  region: 'us-east-1',
  owner: 'ann',
  team: 'payments',
  costCenter: 'cc-1',
  cloudAccount: '111122223333',
  mode: 'real',
  tags: { Owner: 'ann', Note: 'a "quoted", text' },
  start: '2026-12-31T12:00:00.250Z',
  end: '2027-01-01T00:00:00.000Z',
  hours: 12 - 0.25 / 3600,
  hourlyCost: 1.908,
  cost: 1.908 * (12 - 0.25 / 3600),
  workers: 3,
  priceDate: '2026-11-01',
};
/** Charges of each kind: ordinary, without account and price date, shorter than a second, simulated. */
export const FOCUS_CHARGES: readonly Charge[] = [
  charge,
  {
    ...charge,
    clusterId: 'clu_02',
    cloudAccount: null,
    priceDate: null,
    hours: 5,
    hourlyCost: 2,
    cost: 10,
    tags: {},
  },
  {
    ...charge,
    clusterId: 'clu_03',
    platform: 'ibmcloud',
    hours: 1e-7,
    cost: 1.908e-7,
    end: '2026-12-31T12:00:00.400Z',
  },
  { ...charge, clusterId: 'clu_04', mode: 'sandbox' },
];
