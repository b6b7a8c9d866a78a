import type { BuildPlan } from '../builder.ts';
import { STATIC_SERVER_FILE, STATIC_SITE_DIRECTORY } from '../plan/plan-static.ts';

/** Images to build on, from settings: for the language of a plan, and for programs that need nothing else. */
export interface BaseImages {
  readonly node?: string;
  readonly go?: string;
  readonly python?: string;
  /** Of programs that were built: Go, and commands without a language. */
  readonly run?: string;
}

/** Secret with all variables of the build, as a shell reads them. */
export const BUILD_VARIABLES_SECRET = 'ocpctl-variables';
/** The static server, beside the source. */
export const STATIC_SERVER_IN_CONTEXT = '.ocpctl-static-server.mjs';
/** Neither root nor anybody's on the host. */
const USER = '10001:10001';
const DIRECTORY = '/app';

/** @returns what to build on, or the name of the setting that has to say it */
export function baseFor(
  kind: BuildPlan['kind'],
  bases: BaseImages,
): { build: string; run: string } | keyof BaseImages {
  const language =
    kind === 'node' || kind === 'static' ? 'node' : kind === 'go' || kind === 'python' ? kind : 'run';
  const build = bases[language];
  if (build === undefined) return language;
  if (language !== 'go') return { build, run: build };
  return bases.run === undefined ? 'run' : { build, run: bases.run };
}

/**
 * A plan as a Containerfile, whose steps have these secrets. Steps are run as an ordinary user, with the variables of the build from a secret: they are neither in the
 * image nor in its history.
 */
export function renderContainerfile(
  plan: BuildPlan,
  { build, run }: { readonly build: string; readonly run: string },
  secrets: readonly string[],
): string {
  const work = plan.rootDirectory === '.' ? DIRECTORY : `${DIRECTORY}/${plan.rootDirectory}`;
  const start = `CMD ${JSON.stringify(plan.start)}`;
  const built = [
    `FROM ${build} AS build`,
    `WORKDIR ${DIRECTORY}`,
    `RUN ["chown", "${USER}", "${DIRECTORY}"]`,
    `COPY --chown=${USER} . ${DIRECTORY}/`,
    `WORKDIR ${work}`,
    `USER ${USER}`,
    ...plan.steps.map(({ argv }) => stepLine(argv, secrets)),
  ];
  if (plan.kind === 'static') {
    const site = plan.outputDirectory === '.' ? work : `${work}/${plan.outputDirectory}`;
    const copied = [
      `COPY --from=build ${DIRECTORY}/${STATIC_SERVER_IN_CONTEXT} ./${STATIC_SERVER_FILE}`,
      `COPY --from=build ${site}/ ./${STATIC_SITE_DIRECTORY}/`,
    ];
    return lines(...built, `FROM ${run}`, `WORKDIR ${DIRECTORY}`, ...copied, `USER ${USER}`, start);
  }
  if (build === run) return lines(...built, start);
  const copied = `COPY --from=build ${DIRECTORY}/ ${DIRECTORY}/`;
  return lines(...built, `FROM ${run}`, copied, `WORKDIR ${work}`, `USER ${USER}`, start);
}

function lines(...all: readonly string[]): string {
  return `${all.join('\n')}\n`;
}

/** As a list of words, so that nothing of the plan is read as a part of the Containerfile or by another shell. */
function stepLine(argv: readonly string[], secrets: readonly string[]): string {
  const script = `set -a; . /run/secrets/${BUILD_VARIABLES_SECRET}; set +a; exec "$@"`;
  const mounts = secrets.map((id) => `--mount=type=secret,id=${id},mode=0444`);
  return `RUN ${mounts.join(' ')} ${JSON.stringify(['/bin/sh', '-c', script, 'sh', ...argv])}`;
}
