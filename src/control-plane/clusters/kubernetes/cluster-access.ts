import { parse } from 'yaml';
import * as z from 'zod';
import { JobFailure } from '../../kernel/jobs/job.ts';

const base64Text = z.base64().transform((text) => Buffer.from(text, 'base64').toString('utf8'));

const schema = z.object({
  'current-context': z.string(),
  contexts: z.array(
    z.object({ name: z.string(), context: z.object({ cluster: z.string(), user: z.string() }) }),
  ),
  clusters: z.array(z.object({ name: z.string(), cluster: z.record(z.string(), z.unknown()) })),
  users: z.array(z.object({ name: z.string(), user: z.record(z.string(), z.unknown()) })),
});
const clusterSchema = z.strictObject({
  server: z.url({ protocol: /^https$/ }),
  'certificate-authority-data': base64Text.optional(),
  'tls-server-name': z.string().optional(),
  'proxy-url': z.url({ protocol: /^(https?|socks5)$/ }).optional(),
});
const userSchema = z.union([
  z.strictObject({ 'client-certificate-data': base64Text, 'client-key-data': base64Text }),
  z.strictObject({ token: z.string().min(1) }),
]);

/** How the API server of a cluster is reached, and as whom. PEM texts. */
export interface ClusterAccess {
  readonly server: string;
  readonly authority: string | undefined;
  readonly tlsServerName: string | undefined;
  readonly proxyUrl: string | undefined;
  readonly credentials: { readonly certificate: string; readonly key: string } | { readonly token: string };
}

/**
 * Reads the current context of a kubeconfig. Only data is taken from it: fields that run a program (`exec`, `auth-provider`), name a
 * file of the worker or skip the verification of the server are refused, and messages never quote its text.
 * @throws JobFailure KUBECONFIG_UNUSABLE
 */
export function readClusterAccess(kubeconfig: string): ClusterAccess {
  const parsed = schema.safeParse(parsedYaml(kubeconfig));
  if (!parsed.success) throw unusable(fieldsOf(parsed.error));
  const { contexts, clusters, users } = parsed.data;
  const context = contexts.find(({ name }) => name === parsed.data['current-context'])?.context;
  const cluster = clusterSchema.safeParse(clusters.find(({ name }) => name === context?.cluster)?.cluster);
  if (!cluster.success) throw unusable(fieldsOf(cluster.error));
  const user = userSchema.safeParse(users.find(({ name }) => name === context?.user)?.user);
  if (!user.success) throw unusable('user: it has to be a token, or certificate and key as data');
  const { server } = cluster.data;
  return {
    server: server.replace(/\/$/, ''),
    authority: cluster.data['certificate-authority-data'],
    tlsServerName: cluster.data['tls-server-name'],
    proxyUrl: cluster.data['proxy-url'],
    credentials:
      'token' in user.data
        ? { token: user.data.token }
        : { certificate: user.data['client-certificate-data'], key: user.data['client-key-data'] },
  };
}

function parsedYaml(text: string): unknown {
  try {
    return parse(text);
  } catch {
    throw unusable('not YAML');
  }
}

function fieldsOf(error: z.ZodError): string {
  const fields = error.issues.flatMap((issue) =>
    issue.code === 'unrecognized_keys' ? issue.keys : [issue.path.join('.') || 'document'],
  );
  return fields.join(', ');
}

function unusable(why: string): JobFailure {
  return new JobFailure('KUBECONFIG_UNUSABLE', `the kubeconfig of the cluster cannot be used: ${why}`, {
    retryable: false,
  });
}
