import * as z from 'zod';
import { reservedField } from './profile-fragment.ts';
import { withFix } from './profile-problem.ts';

/** Names of fields with dots between them; the pool of the workers is `compute.worker`. */
const KEY = /^[a-z][A-Za-z0-9]*(?:\.[A-Za-z][A-Za-z0-9]*)*$/;
const MAX_KEYS = 50;
const MAX_VALUES = 50;
const MAX_TEXT = 256;

const common = {
  key: z
    .string()
    .max(200)
    .regex(
      KEY,
      withFix('is not a path of the install-config', 'use one such as networking.clusterNetworkMTU'),
    )
    .meta({ description: 'Field of the install-config; that of the workers begins with compute.worker' }),
  description: z.string().min(1).max(200).optional(),
};

const bound = z.int().min(-2_147_483_648).max(2_147_483_647);

const settableSchema = z.discriminatedUnion('type', [
  z.strictObject({
    ...common,
    type: z.literal('string'),
    values: z
      .array(z.string().min(1).max(MAX_TEXT))
      .min(1)
      .max(MAX_VALUES)
      .optional()
      .meta({ description: 'What it can be set to (default: any text)' }),
  }),
  z
    .strictObject({
      ...common,
      type: z.literal('integer'),
      min: bound.optional(),
      max: bound.optional(),
    })
    .refine(({ min, max }) => min === undefined || max === undefined || min <= max, {
      path: ['max'],
      message: withFix('is less than min', 'raise it, or lower min'),
    }),
  z.strictObject({ ...common, type: z.literal('boolean') }),
]);

/** A field of the install-config that a request can set. */
export type Settable = z.infer<typeof settableSchema>;

/** What requests can set with `--set`. Whether the install-config has the fields is checked with the whole document. */
export const settableList = z
  .array(settableSchema)
  .max(MAX_KEYS)
  .superRefine((items, context) => {
    for (const [index, { key }] of items.entries()) {
      const fault = keyFault(key, items.findIndex((other) => other.key === key) < index);
      if (fault === undefined) continue;
      const message = withFix(fault.message, fault.fix);
      context.addIssue({ code: 'custom', path: [index, 'key'], message });
    }
  })
  .meta({ description: 'Fields of the install-config that a request can set' });

function keyFault(
  key: string,
  isRepeated: boolean,
): { readonly message: string; readonly fix: string } | undefined {
  if (isRepeated) return { message: 'is there twice', fix: 'remove one of them' };
  const path = key.split('.');
  const reserved = reservedField(path);
  if (reserved !== undefined)
    return { message: `cannot be set by a request: it ${reserved.reason}`, fix: reserved.fix };
  if (path[0] === 'compute' && path[1] !== 'worker') {
    const message =
      'cannot be set by a request: it is not of the pool worker, and machines of other pools are counted by the profile';
    return { message, fix: 'use compute.pools of the profile' };
  }
  if (key === 'compute.worker.name')
    return { message: 'cannot be set by a request: it would be another pool', fix: 'remove it' };
  if (path[0] === 'proxy') {
    const message =
      'cannot be set by a request: a URL can have a password, and values are shown with the cluster';
    return { message, fix: 'use proxy of the profile' };
  }
  return undefined;
}
