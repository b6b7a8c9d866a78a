import { LineCounter, parseDocument } from 'yaml';
import * as z from 'zod';
import { InstallerError } from './installer-error.ts';

const kubeconfigSchema = z.object({
  // The installer first writes the file without these fields, then with them; kubectl accepts both.
  apiVersion: z.literal('v1').optional(),
  kind: z.literal('Config').optional(),
  'current-context': z.string().min(1),
  clusters: z
    .array(
      z.object({
        name: z.string(),
        cluster: z.object({ server: z.url(), 'certificate-authority-data': z.base64().optional() }),
      }),
    )
    .min(1),
  contexts: z
    .array(z.object({ name: z.string(), context: z.object({ cluster: z.string(), user: z.string() }) }))
    .min(1),
  users: z.array(z.object({ name: z.string(), user: z.record(z.string(), z.unknown()) })).min(1),
});

/** Server and user of the current context of a kubeconfig. */
export interface KubeconfigTarget {
  readonly server: URL;
  readonly user: string;
}

/**
 * Validates a kubeconfig from its current context down to the server. Error messages never quote its text.
 * @throws InstallerError KUBECONFIG_INVALID
 */
export function readKubeconfig(text: string): KubeconfigTarget {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const [broken] = document.errors;
  if (broken) throw invalid(`not YAML: ${broken.code} in line ${lines.linePos(broken.pos[0]).line}`);
  const parsed = kubeconfigSchema.safeParse(plainDataOf(document));
  if (!parsed.success) {
    throw invalid(parsed.error.issues.map((issue) => issue.path.join('.') || 'document').join(', '));
  }
  const { clusters, contexts, users } = parsed.data;
  const context = contexts.find(({ name }) => name === parsed.data['current-context'])?.context;
  const server = clusters.find(({ name }) => name === context?.cluster)?.cluster.server;
  if (!context || !server) throw invalid('current-context has no cluster');
  if (!users.some(({ name }) => name === context.user)) throw invalid('current-context has no user');
  return { server: new URL(server), user: context.user };
}

/** An alias without an anchor is not a syntax error for the library: it throws here, and quotes the alias. */
function plainDataOf(document: { toJS(): unknown }): unknown {
  try {
    return document.toJS();
  } catch {
    throw invalid('not YAML: an alias without an anchor');
  }
}

function invalid(reason: string): InstallerError {
  return new InstallerError('KUBECONFIG_INVALID', `invalid kubeconfig: ${reason}`);
}
