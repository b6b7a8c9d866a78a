// Load this with `await import('./cluster-file.ts')`: it needs a YAML parser.
import { isMap, isScalar, LineCounter, type Pair, type ParsedNode, parseDocument, type Scalar } from 'yaml';
import type { components } from '../../contract/api.gen.ts';
import { closestMatch } from '../../contract/closest-match.ts';
import type { ClusterPlan } from '../../contract/documents.ts';
import { printable } from '../../contract/escape.ts';
import { planCostText } from '../../render/format.ts';
import { toYaml } from '../../render/yaml.ts';
import { UsageError } from '../errors/cli-error.ts';
import { omitUndefined } from '../flags/flag-values.ts';

type ClusterRequestBody = components['schemas']['ClusterRequest'];
/** What `create -f` reads: fields of the API's request, of which flags can give others. */
export type ClusterFile = Partial<ClusterRequestBody>;

type Kind = 'text' | 'number' | 'boolean' | 'texts' | 'values';

/** In the order in which a dry run prints them. */
const FIELDS: Readonly<Record<keyof ClusterRequestBody, Kind>> = {
  name: 'text',
  profile: 'text',
  version: 'text',
  region: 'text',
  baseDomain: 'text',
  workers: 'number',
  ttlHours: 'number',
  team: 'text',
  owner: 'text',
  costCenter: 'text',
  tags: 'texts',
  set: 'values',
  sshPublicKey: 'text',
  offhours: 'boolean',
  onFailure: 'text',
  keepaliveMinutes: 'number',
};
const FIELDS_OF_PLAN = ['request', 'installConfig'];

interface Problem {
  readonly field: string;
  readonly offset: number;
  readonly message: string;
}

/**
 * Parses a cluster file: YAML 1.2, so also JSON. A text stays as it is written: `version: 4.20` is not 4.2, `owner: no` not false.
 * @param file its name, for messages
 * @throws UsageError with line and column of each problem
 */
export function parseClusterFile(text: string, file: string): ClusterFile {
  const lines = new LineCounter();
  const { contents, errors, warnings } = parseDocument(text, {
    lineCounter: lines,
    version: '1.2',
    prettyErrors: false,
  });
  const problems: Problem[] = [...errors, ...warnings].map(({ pos, code, message }) => ({
    field: '',
    offset: pos[0],
    message: code === 'MULTIPLE_DOCS' ? 'a second document; use one file for each cluster' : message,
  }));
  if (problems.length === 0 && !isMap(contents)) {
    const message = 'must be fields of a cluster, for example "profile: aws-minimal-test"';
    problems.push({ field: '', offset: 0, message });
  }
  const items = problems.length === 0 && isMap<ParsedNode, ParsedNode | null>(contents) ? contents.items : [];
  const names = items.map(({ key }) => keyText(key));
  if (FIELDS_OF_PLAN.every((name) => names.includes(name)))
    throw new UsageError(`${file} is the JSON of a dry run, not a cluster file`, {
      hint: "'ocpctl create --dry-run -o yaml' prints a cluster file",
    });
  const entries = items.map((pair) => readField(pair, problems));
  if (problems.length > 0) throw invalidFile(file, problems, lines);
  return Object.fromEntries(entries) as ClusterFile;
}

/** The cluster file of a plan: what was requested, with all that the server filled in. */
export function clusterFileOf({ tags, set, ...requested }: ClusterRequestBody, plan: ClusterPlan): string {
  const { platform: _platform, workerReplicas, set: planned, ...resolved } = plan.request;
  const isEmpty = (values: object | undefined) => values === undefined || Object.keys(values).length === 0;
  const file: ClusterFile = omitUndefined({
    ...requested,
    ...resolved,
    workers: workerReplicas,
    tags: isEmpty(tags) ? undefined : tags,
    set: isEmpty(planned) ? undefined : planned,
  });
  const ordered = Object.keys(FIELDS).flatMap((name) =>
    name in file ? [[name, file[name as keyof ClusterFile]] as const] : [],
  );
  const comments = [
    `For 'ocpctl create -f FILE': ${planCostText(plan)}`,
    ...plan.warnings.map((text) => `Warning: ${text}`),
  ];
  const head = comments.map((comment) => `# ${printable(comment)}\n`).join('');
  return `${head}${toYaml(Object.fromEntries(ordered))}`;
}

type FieldPair = Pair<ParsedNode, ParsedNode | null>;

function readField({ key, value }: FieldPair, problems: Problem[]): [string, unknown] {
  const name = keyText(key);
  const offset = key.range[0];
  const kind = Object.entries(FIELDS).find(([known]) => known === name)?.[1];
  if (kind === undefined) {
    const nearest = closestMatch(name, Object.keys(FIELDS));
    const hint =
      nearest === undefined ? `use ${Object.keys(FIELDS).join(', ')}` : `did you mean "${nearest}"?`;
    problems.push({ field: name, offset, message: `unknown field "${name}"; ${hint}` });
    return [name, undefined];
  }
  if (kind !== 'texts' && kind !== 'values') return [name, readScalar(name, offset, kind, value, problems)];
  if (!isMap<ParsedNode, ParsedNode | null>(value)) {
    problems.push({ field: name, offset, message: `${name} must be KEY: VALUE lines` });
    return [name, undefined];
  }
  const values = value.items.map((item) => {
    const path = `${name}.${keyText(item.key)}`;
    const itemKind = kind === 'texts' ? 'text' : 'value';
    return [keyText(item.key), readScalar(path, item.key.range[0], itemKind, item.value, problems)] as const;
  });
  return [name, Object.fromEntries(values)];
}

const EXPECTED = {
  text: 'must be a text',
  number: 'must be a number, without quotes',
  boolean: 'must be true or false, without quotes',
  value: 'must be a text, a number, true or false',
};

function readScalar(
  field: string,
  offset: number,
  kind: keyof typeof EXPECTED,
  node: ParsedNode | null,
  problems: Problem[],
): unknown {
  const value = isScalar(node) ? scalarValue(node, kind) : undefined;
  if (value !== undefined) return value;
  problems.push({ field, offset: node?.range[0] ?? offset, message: `${field} ${EXPECTED[kind]}` });
  return undefined;
}

function scalarValue({ value, source }: Scalar, kind: keyof typeof EXPECTED): unknown {
  switch (kind) {
    case 'text':
      if (value === null || value === undefined) return undefined;
      // As it is written: 4.20, 0123, 1e3.
      return typeof value === 'string' ? value : source;
    case 'number':
      return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
    case 'boolean':
      return typeof value === 'boolean' ? value : undefined;
    case 'value':
      if (typeof value === 'string' || typeof value === 'boolean') return value;
      return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
  }
}

function keyText(key: ParsedNode): string {
  if (!isScalar(key)) return '?';
  return typeof key.value === 'string' ? key.value : (key.source ?? String(key.value));
}

function invalidFile(file: string, problems: readonly Problem[], lines: LineCounter): UsageError {
  const described = problems.map(({ field, offset, message }) => {
    const { line, col } = lines.linePos(offset);
    return { field, where: `${Math.max(line, 1)}:${Math.max(col, 1)}`, message };
  });
  const [first, ...others] = described;
  const options = { hint: "'ocpctl help cluster-file' explains the fields" };
  if (first !== undefined && others.length === 0)
    return new UsageError(`${file}:${first.where}: ${first.message}`, options);
  return new UsageError(`${file} has ${described.length} problems`, {
    ...options,
    details: described.map(({ field, where, message }) => ({
      field: `${file}:${where}`,
      code: field === '' ? 'INVALID_YAML' : 'INVALID_FIELD',
      message,
    })),
  });
}
