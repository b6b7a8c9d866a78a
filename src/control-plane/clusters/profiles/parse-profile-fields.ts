import { describeSchemaIssue } from './describe-schema-issue.ts';
import { type Profile, profileSchema } from './profile.ts';
import type { FieldFault } from './profile-problem.ts';
import type { FieldPath, ProfileYaml } from './profile-yaml.ts';
import { SAMPLE_PROFILES } from './sample-profiles.ts';

export interface ParsedFields {
  /** With sample values where the text has problems; undefined if too little of it can be read. */
  readonly profile: Profile | undefined;
  readonly faults: readonly FieldFault[];
  /** Whether a field is below a sample value, about which nothing is to be reported. */
  isReplaced(path: FieldPath): boolean;
}

const MAX_PASSES = 6;
const CHOICES = ['openshiftVersions', 'regions', 'baseDomains'];

/**
 * Parses the fields of a profile. What is wrong is replaced by sample values and parsed again, so that one mistake does not hide what
 * is wrong elsewhere.
 */
export function parseProfileFields(document: ProfileYaml): ParsedFields {
  const content = structuredClone(document.content) as Record<string, unknown>;
  const sample = SAMPLE_PROFILES[String(content['platform'])];
  const replaced = new Set<PropertyKey>();
  const faults: FieldFault[] = [];
  for (let pass = 0; pass < MAX_PASSES; pass++) {
    const parsed = profileSchema.safeParse(content);
    if (parsed.success) return result(parsed.data, faults, replaced);
    const { issues } = parsed.error;
    const isNew = ({ path }: { path: FieldPath }) => !replaced.has(unitOf(path));
    faults.push(...issues.filter(isNew).flatMap((issue) => describeSchemaIssue(document, issue)));
    if (sample === undefined) break;
    for (const issue of issues) {
      if (issue.code === 'unrecognized_keys') {
        removeKeys(content, issue.path, issue.keys);
        continue;
      }
      const [field] = issue.path;
      if (field === undefined) break;
      const unit = unitOf(issue.path);
      // A value of the sample may not fit to its neighbours: then the whole field is the sample's.
      const path = replaced.has(unit) ? [field] : issue.path;
      replaced.add(unit);
      if (unit !== field) replaceSettable(content, Number(issue.path[1]));
      else if (CHOICES.includes(String(field)) && path.length > 1)
        keepUsableChoices(content, String(field), sample);
      else replaceAt(content, path, sample);
    }
  }
  return result(undefined, faults, replaced);
}

function result(
  profile: Profile | undefined,
  faults: readonly FieldFault[],
  replaced: ReadonlySet<PropertyKey>,
): ParsedFields {
  return { profile, faults, isReplaced: (path) => replaced.has(unitOf(path)) };
}

/** What is replaced as a whole: a top-level field, or one item of `settable`, so that it does not hide what is wrong with the others. */
function unitOf([field, index]: FieldPath): PropertyKey {
  return field === 'settable' && index !== undefined ? `settable ${String(index)}` : (field ?? '');
}

/** By an item with a key of its own. That it is not a field of the install-config is not reported. */
function replaceSettable(content: Record<string, unknown>, index: number): void {
  const { settable } = content;
  if (Array.isArray(settable)) settable[index] = { key: `sample${index}`, type: 'string' };
}

/** Values of the list that the schema takes alone: what depends on the region is checked in those. */
function keepUsableChoices(content: Record<string, unknown>, field: string, sample: object): void {
  const given = valueAt(content, [field, 'allowlist']);
  const usable = (Array.isArray(given) ? [...new Set<unknown>(given)] : []).filter((value) => {
    const alone = { ...sample, [field]: { allowlist: [value], default: value } };
    return profileSchema.safeParse(alone).success;
  });
  content[field] = usable.length > 0 ? { allowlist: usable, default: usable[0] } : valueAt(sample, [field]);
}

function removeKeys(content: unknown, path: FieldPath, keys: readonly string[]): void {
  const parent = valueAt(content, path);
  if (isRecord(parent)) for (const key of keys) delete parent[key];
}

/** Removes what has no value in the sample; of a list, the whole list. */
function replaceAt(content: Record<string, unknown>, path: FieldPath, sample: object): void {
  const parent = valueAt(content, path.slice(0, -1));
  const value = valueAt(sample, path);
  if (!isRecord(parent)) return;
  const key = String(path.at(-1));
  if (value !== undefined) parent[key] = structuredClone(value);
  else if (Array.isArray(parent)) replaceAt(content, path.slice(0, -1), sample);
  else delete parent[key];
}

function valueAt(content: unknown, path: FieldPath): unknown {
  return path.reduce<unknown>((value, part) => (isRecord(value) ? value[String(part)] : undefined), content);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
