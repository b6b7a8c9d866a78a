// profiles/profile.schema.json, from the zod schema of profiles, for editors.
import * as z from 'zod';
import { profileSchema } from '../../src/control-plane/clusters/profiles/profile.ts';

export function profileJsonSchema(): Record<string, unknown> {
  return { title: 'ocpctl cluster profile', ...z.toJSONSchema(profileSchema) };
}
