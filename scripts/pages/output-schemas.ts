// schemas/output: a JSON Schema of the JSON of each command, from openapi.yaml and own-documents.ts.
import { parse } from 'yaml';
import * as z from 'zod';
import { OWN_DOCUMENTS, type Schema } from './own-documents.ts';

const schemaObject = z.record(z.string(), z.unknown());
const operation = z.looseObject({
  operationId: z.string(),
  responses: z.record(
    z.string(),
    z.looseObject({ content: z.record(z.string(), z.object({ schema: schemaObject })).optional() }),
  ),
});
const documentSchema = z.object({
  paths: z.record(z.string(), z.record(z.string(), z.unknown())),
  components: z.object({ schemas: z.record(z.string(), schemaObject) }),
});

/** A document by its name, a list of it, what an operation answers, one of several, or a document with further fields. */
type Output =
  | string
  | { readonly list: string }
  | { readonly answer: string }
  | { readonly oneOf: readonly Output[] };

const list = (name: string): Output => ({ list: name });
const answer = (operationId: string): Output => ({ answer: operationId });

/** What commands print with `--json`. */
export const OUTPUTS: Readonly<Record<string, Output>> = {
  'admin approvals approve': 'Approval',
  'admin approvals deny': 'Approval',
  'admin approvals list': list('Approval'),
  'admin audit list': list('AuditEvent'),
  'admin audit verify': 'AuditReport',
  'admin budgets list': list('Budget'),
  'admin budgets remove': 'Budget',
  'admin budgets set': 'Budget',
  'admin grants add': 'GrantChange',
  'admin grants list': list('Grant'),
  'admin grants remove': 'GrantChange',
  'admin grants test': 'AccessExplanation',
  'admin keys create': { oneOf: ['NewAccessKey', 'AccessKeyPlan'] },
  'admin keys list': list('AccessKey'),
  'admin keys revoke': 'AccessKeyChange',
  'admin notifications add': { oneOf: ['NewNotificationTarget', 'NotificationTargetPlan'] },
  'admin notifications deliveries': list('NotificationDelivery'),
  'admin notifications list': list('NotificationTarget'),
  'admin notifications remove': 'NotificationTarget',
  'admin notifications replay': answer('replayNotifications'),
  'admin notifications test': list('NotificationDelivery'),
  'admin orphans ignore': list('Orphan'),
  'admin orphans list': list('Orphan'),
  'admin orphans show': 'OrphanDetails',
  'admin orphans sweep': 'OrphanSweeps',
  'admin retention': answer('listRetention'),
  'admin secrets rotate': 'SecretKeys',
  'admin secrets status': 'SecretKeys',
  'admin sessions list': list('AccessSession'),
  'admin sessions revoke': 'SessionsEnded',
  'admin tasks list': list('Task'),
  'admin tasks run': 'Task',
  'admin workers': list('Worker'),
  'config get': list('Setting'),
  'config list': list('Setting'),
  'config set': list('Setting'),
  'config unset': list('Setting'),
  'context add': list('Context'),
  'context current': list('Context'),
  'context list': list('Context'),
  'context remove': list('Context'),
  'context use': list('Context'),
  create: { oneOf: ['ClusterAccepted', 'ClusterPlan', 'ExistingCluster'] },
  destroy: list('ClusterAccepted'),
  doctor: list('DoctorCheck'),
  extend: 'ExtendedCluster',
  get: { oneOf: ['ClusterDetails', 'DestroyProof'] },
  'jobs cancel': 'JobAccepted',
  'jobs get': 'Job',
  'jobs list': list('Job'),
  'jobs retry': 'JobAccepted',
  keepalive: list('Cluster'),
  'kubeconfig merge': list('KubeconfigContext'),
  'kubeconfig remove': list('KubeconfigContext'),
  'kubeconfig use': list('KubeconfigContext'),
  list: list('Cluster'),
  login: 'Identity',
  logout: 'SignedOut',
  logs: 'LogEntry',
  'offhours clear': 'Offhours',
  'offhours list': list('Offhours'),
  'offhours opt-in': answer('setClusterOffhours'),
  'offhours opt-out': answer('setClusterOffhours'),
  'offhours set': 'Offhours',
  'offhours show': 'Offhours',
  outputs: { oneOf: ['ClusterOutputs', answer('openClusterCredential')] },
  'profiles get': 'Profile',
  'profiles list': list('Profile'),
  'profiles validate': list('ProfileProblem'),
  'proof key': 'SigningKey',
  'proof verify': 'ValidProof',
  quota: 'Quota',
  'report reconcile': 'Reconciliation',
  'report usage': 'UsageReport',
  'sandbox faults clear': list('SandboxFault'),
  'sandbox faults list': { oneOf: [list('SandboxFault'), list('SandboxFaultPreset')] },
  'sandbox faults set': list('SandboxFault'),
  'sandbox resources': list('CloudResource'),
  scale: 'ClusterAccepted',
  'server check': 'CloudCheck',
  'server installers fetch': list('Installer'),
  'server installers list': list('Installer'),
  'server installers verify': list('Installer'),
  'server migrate': 'AppliedMigrations',
  try: list('DemoStep'),
  version: 'Version',
  wait: { oneOf: ['Cluster', 'Job'] },
  whoami: 'Identity',
};

/** Documents of the API with fields of the command line. */
function extended(api: Readonly<Record<string, Schema>>): Record<string, Schema> {
  const withFields = (
    base: string,
    added: Readonly<Record<string, Schema>>,
    required = Object.keys(added),
  ): Schema => {
    const { properties, required: own, ...rest } = api[base] ?? {};
    const names = z.array(z.string()).catch([]).parse(own);
    return {
      ...rest,
      required: [...names, ...required],
      properties: { ...schemaObject.catch({}).parse(properties), ...added },
    };
  };
  const items = (name: string): Schema => ({ type: 'array', items: referenceTo(name) });
  const { required, ...entry } = api['JobEvent'] ?? {};
  return {
    ClusterDetails: withFields(
      'Cluster',
      { transitions: items('Transition'), events: items('ClusterEvent'), residue: referenceTo('Residue') },
      [],
    ),
    ExistingCluster: withFields('ClusterAccepted', {
      alreadyExists: { const: true },
      differences: { type: 'array', items: { type: 'object' } },
    }),
    ExtendedCluster: {
      type: 'object',
      required: ['cluster', 'previousDestroyAt'],
      properties: {
        cluster: referenceTo('Cluster'),
        previousDestroyAt: { type: 'string', format: 'date-time' },
      },
    },
    // Lines of the debug output have no number.
    LogEntry: {
      ...entry,
      required: z
        .array(z.string())
        .catch([])
        .parse(required)
        .filter((name) => name !== 'seq'),
    },
  };
}

const referenceTo = (name: string): Schema => ({ $ref: `#/components/schemas/${name}` });

/**
 * @param openapi text of openapi.yaml
 * @param isStrict whether fields that are not declared are refused: for tests; readers have to accept fields that are added
 * @returns file names with their schemas
 */
export function outputSchemas(openapi: string, isStrict = false): Record<string, Schema> {
  const { paths, components } = documentSchema.parse(parse(openapi));
  const known = { ...components.schemas, ...OWN_DOCUMENTS, ...extended(components.schemas) };
  return Object.fromEntries(
    Object.entries(OUTPUTS).map(([command, output]) => {
      const root = schemaOf(output, paths);
      const used = new Map<string, Schema>();
      collect(root, known, used);
      const schema = { ...root, ...(used.size > 0 && { $defs: Object.fromEntries([...used].sort()) }) };
      const whole = {
        $schema: 'https://json-schema.org/draft/2020-12/schema',
        title: `ocpctl ${command} --json`,
        ...(command === 'logs' && { description: 'Each line of the output.' }),
        ...rewritten(schema, isStrict),
      };
      return [`${command.replaceAll(' ', '-')}.schema.json`, whole];
    }),
  );
}

function schemaOf(
  output: Output,
  paths: Readonly<Record<string, Readonly<Record<string, unknown>>>>,
): Schema {
  if (typeof output === 'string') return referenceTo(output);
  if ('oneOf' in output) return { anyOf: output.oneOf.map((one) => schemaOf(one, paths)) };
  if ('answer' in output) return answerOf(output.answer, paths);
  return {
    type: 'object',
    required: ['items', 'nextCursor'],
    additionalProperties: false,
    properties: {
      items: { type: 'array', items: referenceTo(output.list) },
      nextCursor: { description: 'null: all items are there', type: ['string', 'null'] },
    },
  };
}

function answerOf(id: string, paths: Readonly<Record<string, Readonly<Record<string, unknown>>>>): Schema {
  for (const item of Object.values(paths))
    for (const candidate of Object.values(item)) {
      const parsed = operation.safeParse(candidate);
      if (!parsed.success || parsed.data.operationId !== id) continue;
      const [found] = ['200', '201', '202'].flatMap((status) => {
        const schema = parsed.data.responses[status]?.content?.['application/json']?.schema;
        return schema === undefined ? [] : [schema];
      });
      if (found !== undefined) return found;
    }
  throw new Error(`openapi.yaml has no answer of ${id}`);
}

const REFERENCE = '#/components/schemas/';

/** Finds every document that a schema refers to. */
function collect(node: unknown, known: Readonly<Record<string, Schema>>, used: Map<string, Schema>): void {
  if (Array.isArray(node)) for (const item of node) collect(item, known, used);
  if (typeof node !== 'object' || node === null) return;
  for (const [key, value] of Object.entries(node)) {
    if (key !== '$ref' || typeof value !== 'string') {
      collect(value, known, used);
      continue;
    }
    const name = value.slice(REFERENCE.length);
    const schema = known[name];
    if (schema === undefined) throw new Error(`${value} names nothing`);
    if (used.has(name)) continue;
    used.set(name, schema);
    collect(schema, known, used);
  }
}

function rewritten(schema: Schema, isStrict: boolean): Schema {
  return JSON.parse(JSON.stringify(schema), (key, value) => {
    if (key === '$ref') return String(value).replace(REFERENCE, '#/$defs/');
    return key === 'additionalProperties' && value === false && !isStrict ? undefined : value;
  });
}
