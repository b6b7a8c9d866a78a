import { parse } from 'yaml';
import * as z from 'zod';

const poolSchema = z.looseObject({
  name: z.string().optional(),
  replicas: z.int().nonnegative().optional(),
  architecture: z.string().optional(),
  platform: z
    .looseObject({
      aws: z
        .looseObject({ type: z.string().optional(), zones: z.array(z.string().min(1)).optional() })
        .nullish(),
      ibmcloud: z.looseObject({ type: z.string().optional() }).nullish(),
    })
    .nullish(),
});

const installConfigSchema = z.looseObject({
  metadata: z.looseObject({ name: z.string().min(1).max(54) }),
  baseDomain: z.string().min(1),
  pullSecret: z.string().min(1),
  fips: z.boolean().optional(),
  publish: z.enum(['External', 'Internal']).default('External'),
  controlPlane: poolSchema.nullish(),
  compute: z.array(poolSchema).nullish(),
  platform: z.looseObject({
    aws: z
      .looseObject({
        region: z.string().min(1),
        userTags: z.record(z.string(), z.string()).nullish(),
        subnets: z.array(z.string()).nullish(),
        vpc: z.looseObject({ subnets: z.array(z.looseObject({ id: z.string() })).nullish() }).nullish(),
        hostedZone: z.string().nullish(),
        hostedZoneRole: z.string().nullish(),
      })
      .nullish(),
    ibmcloud: z
      .looseObject({
        region: z.string().min(1),
        resourceGroupName: z.string().nullish(),
        vpcName: z.string().nullish(),
        controlPlaneSubnets: z.array(z.string()).nullish(),
        computeSubnets: z.array(z.string()).nullish(),
      })
      .nullish(),
  }),
});
export type InstallConfig = z.infer<typeof installConfigSchema>;

/** install-config.yaml is invalid; `message` lists all problems in the wording of the real installer. */
export class InstallConfigError extends Error {
  constructor(problems: readonly string[]) {
    super(problems.length === 1 ? problems[0] : `[${problems.join(', ')}]`);
    this.name = 'InstallConfigError';
  }
}

/**
 * Accepts unknown keys and validates only what the sandbox uses.
 * @throws InstallConfigError
 */
export function parseInstallConfig(text: string): InstallConfig {
  let document: unknown;
  try {
    document = parse(text);
  } catch (thrown) {
    throw new InstallConfigError([`error converting YAML to JSON: yaml: ${firstLine(thrown)}`]);
  }
  const parsed = installConfigSchema.safeParse(document);
  if (!parsed.success) throw new InstallConfigError(parsed.error.issues.map(formatIssue));
  const problems = [...platformProblems(parsed.data), ...pullSecretProblems(parsed.data.pullSecret)];
  if (problems.length > 0) throw new InstallConfigError(problems);
  return parsed.data;
}

export function machineType(pool: InstallConfig['controlPlane']): string | undefined {
  return pool?.platform?.aws?.type ?? pool?.platform?.ibmcloud?.type;
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
