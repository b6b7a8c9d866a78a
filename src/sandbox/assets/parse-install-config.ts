import { parse } from 'yaml';
import * as z from 'zod';
import { type InstallConfig, installConfigSchema } from './install-config.ts';
import { computePoolProblems, proxyFieldProblems, trustBundleFieldProblems } from './install-config-rules.ts';

/** install-config.yaml is invalid; `message` lists all problems in the wording of the real installer. */
export class InstallConfigError extends Error {
  constructor(problems: readonly string[]) {
    super(problems.length === 1 ? problems[0] : `[${problems.join(', ')}]`);
    this.name = 'InstallConfigError';
  }
}

/** @throws InstallConfigError */
export function parseInstallConfig(text: string): InstallConfig {
  let document: unknown;
  try {
    document = parse(text);
  } catch (thrown) {
    throw new InstallConfigError([`error converting YAML to JSON: yaml: ${firstLine(thrown)}`]);
  }
  const parsed = installConfigSchema.safeParse(document);
  if (!parsed.success) throw new InstallConfigError(parsed.error.issues.map(formatIssue));
  const problems = [
    ...platformProblems(parsed.data),
    ...pullSecretProblems(parsed.data.pullSecret),
    ...computePoolProblems(parsed.data),
    ...proxyFieldProblems(parsed.data.proxy),
    ...trustBundleFieldProblems(parsed.data),
  ];
  if (problems.length > 0) throw new InstallConfigError(problems);
  return parsed.data;
}

function formatIssue(issue: z.core.$ZodIssue): string {
  const path = issue.path.join('.');
  return issue.code === 'invalid_type' && issue.input === undefined
    ? `${path}: Required value: must be set`
    : `${path}: Invalid value: ${issue.message}`;
}

function platformProblems({ platform }: InstallConfig): string[] {
  if (platform.aws || platform.ibmcloud) return [];
  return ['platform: Invalid value: "": must specify one of the platforms (aws, ibmcloud)'];
}

/** The real installer also prints an invalid pull secret in full, so its log must be redacted. */
function pullSecretProblems(pullSecret: string): string[] {
  try {
    const { auths } = z.object({ auths: z.record(z.string(), z.unknown()) }).parse(JSON.parse(pullSecret));
    return Object.keys(auths).length > 0
      ? []
      : [`pullSecret: Invalid value: "${pullSecret}": auths required`];
  } catch {
    return [`pullSecret: Invalid value: "${pullSecret}": not a JSON object with auths`];
  }
}

function firstLine(thrown: unknown): string {
  return (thrown instanceof Error ? thrown.message : String(thrown)).split('\n')[0] ?? '';
}
