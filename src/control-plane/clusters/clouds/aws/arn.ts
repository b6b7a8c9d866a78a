export interface Arn {
  readonly service: string;
  /** Empty for what is global. */
  readonly region: string;
  readonly account: string;
  /** Kind within the service (`vpc`, `loadbalancer`, `bucket`). */
  readonly kind: string;
  /** What the service itself calls it: `vpc-1`, `net/demo-ext/0a1b`, a bucket's or role's name. */
  readonly id: string;
}

/** `arn:PARTITION:SERVICE:REGION:ACCOUNT:KIND/ID`, `…:KIND:ID`, or for a bucket only its name. */
export function parseArn(arn: string): Arn {
  const [, , service = '', region = '', account = '', ...rest] = arn.split(':');
  const resource = rest.join(':');
  if (service === 's3') return { service, region, account, kind: 'bucket', id: resource };
  const [, kind, id] = /^([^/:]+)[/:](.+)$/.exec(resource) ?? [];
  return { service, region, account, kind: kind ?? resource, id: id ?? resource };
}
