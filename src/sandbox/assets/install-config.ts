import * as z from 'zod';

const poolSchema = z.looseObject({
  name: z.string().optional(),
  replicas: z.int().nonnegative().optional(),
  architecture: z.string().optional(),
  platform: z
    .looseObject({
      aws: z
        .looseObject({ type: z.string().optional(), zones: z.array(z.string().min(1)).optional() })
        .nullish(),
      ibmcloud: z.looseObject({ type: z.string().optional() }).nullish(),
    })
    .nullish(),
});

/** Accepts unknown keys and validates only what the sandbox uses. */
export const installConfigSchema = z.looseObject({
  metadata: z.looseObject({ name: z.string().min(1).max(54) }),
  baseDomain: z.string().min(1),
  pullSecret: z.string().min(1),
  fips: z.boolean().optional(),
  publish: z.enum(['External', 'Internal']).default('External'),
  controlPlane: poolSchema.nullish(),
  compute: z.array(poolSchema).nullish(),
  proxy: z
    .looseObject({
      httpProxy: z.string().nullish(),
      httpsProxy: z.string().nullish(),
      noProxy: z.string().nullish(),
    })
    .nullish(),
  additionalTrustBundle: z.string().nullish(),
  additionalTrustBundlePolicy: z.string().nullish(),
  platform: z.looseObject({
    aws: z
      .looseObject({
        region: z.string().min(1),
        userTags: z.record(z.string(), z.string()).nullish(),
        subnets: z.array(z.string()).nullish(),
        vpc: z.looseObject({ subnets: z.array(z.looseObject({ id: z.string() })).nullish() }).nullish(),
        lbType: z.string().nullish(),
        hostedZone: z.string().nullish(),
        hostedZoneRole: z.string().nullish(),
      })
      .nullish(),
    ibmcloud: z
      .looseObject({
        region: z.string().min(1),
        resourceGroupName: z.string().nullish(),
        vpcName: z.string().nullish(),
        controlPlaneSubnets: z.array(z.string()).nullish(),
        computeSubnets: z.array(z.string()).nullish(),
      })
      .nullish(),
  }),
});
export type InstallConfig = z.infer<typeof installConfigSchema>;

export function machineType(pool: InstallConfig['controlPlane']): string | undefined {
  return pool?.platform?.aws?.type ?? pool?.platform?.ibmcloud?.type;
}
