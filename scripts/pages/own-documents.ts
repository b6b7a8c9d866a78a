// Results of commands that are no document of the API.

export type Schema = Record<string, unknown>;

const TEXT = { type: 'string' };
const NUMBER = { type: 'number' };
const INTEGER = { type: 'integer' };
const BOOLEAN = { type: 'boolean' };
const ANY = {};
const orNull = (type: string) => ({ type: [type, 'null'] });
const arrayOf = (items: Schema) => ({ type: 'array', items });

/** All properties are required unless they are named as optional. */
function object(properties: Readonly<Record<string, Schema>>, optional: readonly string[] = []): Schema {
  const required = Object.keys(properties).filter((name) => !optional.includes(name));
  return { type: 'object', additionalProperties: false, required, properties };
}

const COMPARED = {
  name: TEXT,
  team: orNull('string'),
  key: orNull('string'),
  estimate: orNull('number'),
  actual: NUMBER,
};

export const OWN_DOCUMENTS: Readonly<Record<string, Schema>> = {
  AppliedMigrations: object({ applied: arrayOf(INTEGER) }),
  AuditReport: object({
    events: INTEGER,
    streams: arrayOf(TEXT),
    faults: arrayOf(object({ stream: TEXT, seq: INTEGER, cause: TEXT, anchor: orNull('string') })),
    anchors: INTEGER,
    anchorsKept: BOOLEAN,
    keyId: orNull('string'),
  }),
  CloudCheck: object({
    cloud: TEXT,
    region: TEXT,
    account: orNull('string'),
    principal: orNull('string'),
    profiles: arrayOf(TEXT),
    problems: arrayOf(
      object({ code: TEXT, message: TEXT, hint: TEXT, retryable: BOOLEAN, profiles: arrayOf(TEXT) }),
    ),
    notes: arrayOf(TEXT),
  }),
  Context: object({
    name: TEXT,
    current: BOOLEAN,
    server: TEXT,
    region: orNull('string'),
    auth: { enum: ['keys', 'sts'] },
    accessKeyId: orNull('string'),
    awsProfile: orNull('string'),
  }),
  DataBackup: object({ data: TEXT, keys: TEXT, sha256: TEXT, sizeBytes: INTEGER, files: INTEGER }),
  DemoStep: object({ command: TEXT, seconds: NUMBER }),
  DoctorCheck: object({
    check: TEXT,
    result: { enum: ['ok', 'warning', 'failed', 'skipped'] },
    detail: TEXT,
    remedy: orNull('string'),
  }),
  Installer: object({
    version: orNull('string'),
    architecture: orNull('string'),
    fips: BOOLEAN,
    source: { enum: ['configured', 'cache'] },
    file: TEXT,
    signature: { enum: ['verified', 'not-checked', null] },
    fetchedAt: orNull('string'),
    problem: orNull('string'),
  }),
  KubeconfigContext: { ...object({ context: TEXT, clusterId: TEXT, file: TEXT }), additionalProperties: ANY },
  ProfileProblem: object({
    file: TEXT,
    line: INTEGER,
    column: INTEGER,
    path: TEXT,
    message: TEXT,
    fix: TEXT,
  }),
  Reconciliation: object(
    {
      format: TEXT,
      rows: INTEGER,
      from: TEXT,
      to: TEXT,
      timezone: TEXT,
      currency: TEXT,
      clusters: arrayOf(object(COMPARED)),
      teams: arrayOf(object(COMPARED)),
    },
    ['timezone'],
  ),
  Setting: object({ name: TEXT, value: TEXT, source: TEXT }),
  RestoredData: object({ dataDir: TEXT, files: INTEGER }),
  SignedOut: object({ principal: orNull('string'), server: TEXT, ended: BOOLEAN }),
  ValidProof: {
    type: 'object',
    required: ['keyId', '_type', 'subject', 'predicateType', 'predicate'],
    properties: {
      keyId: TEXT,
      _type: TEXT,
      subject: { type: 'array' },
      predicateType: TEXT,
      predicate: { type: 'object' },
    },
  },
  Version: object({ version: TEXT, node: TEXT, platform: TEXT }),
};
