import type { InstallConfig } from '../assets/install-config.ts';

/** The release image that this stand-in has. */
export interface SandboxRelease {
  /** `amd64`, `arm64`, `s390x` or `multi`. */
  readonly architecture: string;
  /** Whether it is the FIPS build. */
  readonly fips: boolean;
  /** By default one that is made from the version. */
  readonly image?: string | undefined;
}

const OPTION = '--sandbox-release=';
const IMAGE_OPTION = '--sandbox-image=';
const DEFAULT_RELEASE: SandboxRelease = { architecture: 'amd64', fips: false };

/** Takes `--sandbox-release=ARCH[-fips]` and `--sandbox-image=IMAGE`, which the real program does not have, from the arguments. */
export function takeSandboxRelease(argv: readonly string[]): {
  readonly release: SandboxRelease;
  readonly rest: string[];
} {
  const option = argv.find((argument) => argument.startsWith(OPTION));
  const image = argv.find((argument) => argument.startsWith(IMAGE_OPTION))?.slice(IMAGE_OPTION.length);
  const rest = argv.filter((argument) => argument !== option && !argument.startsWith(IMAGE_OPTION));
  if (option === undefined) return { release: { ...DEFAULT_RELEASE, image }, rest };
  const [architecture = 'amd64', build] = option.slice(OPTION.length).split('-');
  return { release: { architecture, fips: build === 'fips', image }, rest };
}

/** What the real installer refuses since 4.16 (FIPS) and 4.18 (architectures), in its words. */
export function releaseProblems(config: InstallConfig, { architecture, fips }: SandboxRelease): string[] {
  const pools = [
    { field: 'controlPlane', pool: config.controlPlane },
    ...(config.compute ?? []).map((pool, index) => ({ field: `compute[${index}]`, pool })),
  ];
  const problems = pools.flatMap(({ field, pool }) => {
    const wanted = pool?.architecture ?? 'amd64';
    if (architecture === 'multi' || wanted === architecture) return [];
    const node = field === 'controlPlane' ? 'controlPlane' : 'compute';
    return [
      `${field}.architecture: Invalid value: "${wanted}": cannot create ${wanted} ${node} node from a single architecture ${architecture} release payload`,
    ];
  });
  if (config.fips === true && !fips)
    problems.push(
      'fips: Forbidden: target cluster is in FIPS mode, use the FIPS-capable installer binary (openshift-install-fips)',
    );
  return problems;
}
