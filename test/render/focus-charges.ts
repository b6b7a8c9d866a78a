import type { ApplicationCharge, Charge } from '../../src/contract/documents.ts';

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
const instance: ApplicationCharge = {
  ...{ instanceId: 'ins_01', type: 'service', id: 'svc_01', name: 'api', owner: 'ann', team: 'payments' },
  ...{ environment: { id: 'env_01', name: 'default' }, cpus: 0.5, memoryMb: 512, priceDate: '2026-11-29' },
  ...{ start: charge.start, end: charge.end, hours: charge.hours, hourlyCost: 0.0224625 },
  cost: 0.0224625 * charge.hours,
};
/** Charges of each kind: ordinary, without account and price date, shorter than a second, simulated; of a service, and of a database without a price. */
export const FOCUS_CHARGES: readonly (Charge | ApplicationCharge)[] = [
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
  instance,
  { ...instance, type: 'database', hourlyCost: null, cost: 0 },
];
