import { basename } from 'node:path';
import type { ProfileProblem } from '../../../contract/profile-problem.ts';
import type { CredentialsMode } from '../clouds/cloud.ts';
import { profileInstallConfigFaults } from '../install-config/profile-install-config.ts';
import { describeSchemaIssue, type FieldFault } from './describe-schema-issue.ts';
import { type Platform, type Profile, profileSchema } from './profile.ts';
import { profileSizeProblem } from './profile-problem.ts';
import { type FieldPath, type ProfileYaml, parseProfileYaml } from './profile-yaml.ts';

export type ProfileCheck =
  | { readonly profile: Profile; readonly problems?: undefined }
  | {
      readonly profile?: undefined;
      readonly problems: readonly ProfileProblem[];
    };

export type CredentialsModeOf = (platform: Platform) => CredentialsMode | undefined;

/**
 * Checks a profile: its YAML, its fields, and that clusters can be created from it in each of its regions and base domains.
 * @param credentialsModeOf the mode of the server; without one, a mode in which the profile can be used
 * @returns the profile, or every problem of the text; does not throw for invalid text
 */
export function checkProfile(
  file: string,
  text: string,
  credentialsModeOf?: CredentialsModeOf,
): ProfileCheck {
  const tooLarge = profileSizeProblem(file, Buffer.byteLength(text));
  if (tooLarge !== undefined) return { problems: [tooLarge] };
  const document = parseProfileYaml(text);
  if (!('content' in document)) return { problems: document.map((fault) => ({ file, path: '', ...fault })) };
  const problem = ({ path, message, fix }: FieldFault): ProfileProblem => ({
    file,
    ...document.locate(path),
    path: dotted(path),
    message,
    fix,
  });

  const { profile, faults } = parseFields(document);
  if (profile === undefined) return { problems: faults.map(problem) };
  const mode = credentialsModeOf === undefined ? usableMode(profile) : credentialsModeOf(profile.platform);
  const all = [
    ...faults,
    ...fileNameFaults(profile.name, basename(file)),
    ...profileInstallConfigFaults(profile, mode).map((fault) => {
      const scalar = document.scalarAt(fault.path);
      return PREDICATE.test(fault.message) && scalar !== undefined && !URL_WITH_PASSWORD.test(scalar.shown)
        ? { ...fault, message: `${scalar.shown} ${fault.message}` }
        : fault;
    }),
  ];
  return all.length === 0 ? { profile } : { problems: all.map(problem) };
}

function usableMode(profile: Profile): CredentialsMode | undefined {
  const needsOne = profile.platform === 'aws' && profile.platformConfig.aws.hostedZoneRole !== undefined;
  return needsOne ? 'Manual' : undefined;
}

/** @returns the profile also when its only faults are unknown fields, so that all its problems are reported at once */
function parseFields(document: ProfileYaml): { profile: Profile | undefined; faults: FieldFault[] } {
  const parsed = profileSchema.safeParse(document.content);
  if (parsed.success) return { profile: parsed.data, faults: [] };
  const { issues } = parsed.error;
  const faults = issues.flatMap((issue) => describeSchemaIssue(document, issue));
  const content = structuredClone(document.content);
  for (const issue of issues) {
    if (issue.code === 'unrecognized_keys') removeKeys(content, issue.path, issue.keys);
  }
  return { profile: profileSchema.safeParse(content).data, faults };
}

function removeKeys(content: unknown, path: FieldPath, keys: readonly string[]): void {
  const parent = path.reduce<unknown>(
    (value, part) => (isRecord(value) ? value[String(part)] : undefined),
    content,
  );
  if (isRecord(parent)) for (const key of keys) delete parent[key];
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

/** A value that no message repeats. */
const URL_WITH_PASSWORD = /:\/\/[^/]*@/;

/** A message without a subject; the value is put in front. */
const PREDICATE = /^(?:must|is|are|has|cannot)\b/;

function fileNameFaults(name: string, fileName: string): FieldFault[] {
  if (fileName.replace(/\.ya?ml$/, '') === name) return [];
  const message = `is "${name}" in a file called "${fileName}"`;
  return [{ path: ['name'], message, fix: 'rename one of them' }];
}

function dotted(path: FieldPath): string {
  return path
    .map((part, i) => (typeof part === 'number' ? `[${part}]` : `${i > 0 ? '.' : ''}${String(part)}`))
    .join('');
}
