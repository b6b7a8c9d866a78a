import * as z from 'zod';
import { rootVolume } from './profile-aws-values.ts';
import { instanceType, machines } from './profile-machine-values.ts';
import { poolsSchema } from './profile-pools.ts';
import { withFix } from './profile-problem.ts';

const OWN_VOLUME = 'AWS: the root volume of these machines (default: platformConfig.aws.rootVolume)';

const controlPlane = z.strictObject({
  replicas: z.literal([1, 3, 5], withFix('is not a number of machines for etcd', 'use 1, 3 or 5')),
  instanceType,
  rootVolume: rootVolume.optional().meta({ description: OWN_VOLUME }),
  schedulable: z.boolean().meta({ description: 'Whether workloads can run on the control plane' }),
});

const workers = z
  .strictObject({
    replicas: machines,
    minReplicas: machines.optional().meta({ description: 'Least workers of a request (default: replicas)' }),
    maxReplicas: machines.optional().meta({ description: 'Most workers of a request (default: replicas)' }),
    instanceType,
    rootVolume: rootVolume.optional().meta({ description: OWN_VOLUME }),
    scaleToZero: z.boolean().optional().meta({
      description:
        'Whether clusters can be scaled to 0 workers although the control plane runs no workloads: ingress, console and login then stop until they are scaled up',
    }),
    spot: z.boolean().optional().meta({ description: 'Whether workers are spot instances; on AWS only' }),
  })
  .refine(({ replicas, minReplicas = replicas }) => minReplicas <= replicas, {
    path: ['minReplicas'],
    message: withFix('is more than replicas, the default', 'lower it, or raise replicas'),
  })
  .refine(({ replicas, maxReplicas = replicas }) => maxReplicas >= replicas, {
    path: ['maxReplicas'],
    message: withFix('is less than replicas, the default', 'raise it, or lower replicas'),
  });

/** The machines of a profile. */
export const computeSchema = z
  .strictObject({ controlPlane, workers, pools: poolsSchema.optional() })
  .refine(({ workers, controlPlane }) => fewestWorkers(workers) > 0 || controlPlane.schedulable, {
    path: ['controlPlane', 'schedulable'],
    message: withFix('leaves no machine for workloads', 'set it to true, or add workers'),
  });

function fewestWorkers({ replicas, minReplicas }: z.infer<typeof workers>): number {
  return Math.min(replicas, minReplicas ?? replicas);
}
