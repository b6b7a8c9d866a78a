import * as z from 'zod';
import { withFix } from './profile-problem.ts';

/** Without patterns: messages of the schema show the value, and a URL can have a password. The rules of the install-config do not. */
const address = z.string().min(1);

const proxySchema = z.strictObject({
  httpProxy: address.optional().meta({ description: 'URL of the proxy for HTTP' }),
  httpsProxy: address.optional().meta({ description: 'URL of the proxy for HTTPS' }),
  noProxy: z
    .string()
    .min(1)
    .optional()
    .meta({ description: 'Domains, networks and addresses without proxy, separated by commas' }),
});

/** Fields of a profile for networks without free access to the internet. */
export const egressFields = {
  proxy: proxySchema.optional(),
  additionalTrustBundle: z
    .string()
    .min(1)
    .optional()
    .meta({ description: 'PEM certificates that the cluster trusts' }),
  additionalTrustBundleFile: z
    .string()
    .min(1)
    .max(1024)
    .optional()
    .meta({ description: 'File with the certificates, relative to the profile' }),
  additionalTrustBundlePolicy: z
    .literal(['Proxyonly', 'Always'])
    .optional()
    .meta({ description: 'Whether the certificates are also trusted without a proxy (default: Proxyonly)' }),
};

type EgressFields = z.infer<z.ZodObject<typeof egressFields>>;

/** @returns fields that exclude or need each other */
export function egressFault(
  fields: EgressFields,
): { readonly path: string[]; readonly message: string } | undefined {
  const {
    additionalTrustBundle: bundle,
    additionalTrustBundleFile: file,
    additionalTrustBundlePolicy: policy,
  } = fields;
  if (bundle !== undefined && file !== undefined) {
    const message = withFix('cannot be given together with additionalTrustBundle', 'remove one of them');
    return { path: ['additionalTrustBundleFile'], message };
  }
  if (policy === undefined || bundle !== undefined || file !== undefined) return undefined;
  const message = withFix('needs additionalTrustBundle', 'add the certificates, or remove it');
  return { path: ['additionalTrustBundlePolicy'], message };
}
