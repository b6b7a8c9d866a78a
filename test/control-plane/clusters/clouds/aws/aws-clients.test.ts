import { expect, test } from 'vitest';
import {
  type AwsClients,
  awsClients,
} from '../../../../../src/control-plane/clusters/clouds/aws/aws-clients.ts';

const REGION = 'us-east-2';
const MAKERS: Record<
  Exclude<keyof AwsClients, 'withCredentials'>,
  (clients: AwsClients) => Promise<unknown>
> = {
  sts: (clients) => clients.sts(REGION),
  tagging: (clients) => clients.tagging(REGION),
  ec2: (clients) => clients.ec2(REGION),
  loadBalancing: (clients) => clients.loadBalancing(REGION),
  classicLoadBalancing: (clients) => clients.classicLoadBalancing(REGION),
  fileSystems: (clients) => clients.fileSystems(REGION),
  quotas: (clients) => clients.quotas(REGION),
  iam: (clients) => clients.iam(),
  route53: (clients) => clients.route53(),
  s3: (clients) => clients.s3(),
};

interface Handler {
  readonly configProvider: Promise<{
    readonly connectionTimeout?: number;
    readonly socketTimeout?: number;
    readonly httpsAgent: { readonly maxSockets: number };
  }>;
}

test.each(Object.keys(MAKERS) as (keyof typeof MAKERS)[])(
  'S30: a call to %s ends in time, and only a limited number is open at once',
  async (name) => {
    const client = await MAKERS[name](awsClients({}));
    const { requestHandler } = (client as { config: { requestHandler: unknown } }).config;
    // The SDK shows its limits only after a call; what it will use is here before.
    const limits = await (requestHandler as Handler).configProvider;
    expect(limits.connectionTimeout).toBeLessThanOrEqual(5_000);
    expect(limits.socketTimeout).toBeLessThanOrEqual(30_000);
    expect(limits.httpsAgent.maxSockets).toBeLessThanOrEqual(50);
  },
);
