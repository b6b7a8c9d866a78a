import type { InstanceArtifact } from '../runtime/runtime.ts';

export type BuildKind = 'node' | 'go' | 'python' | 'static' | 'procfile' | 'containerfile';

/** A guess, and what it was made from: shown by `app deploy --plan`. */
export interface PlanFact {
  readonly what: string;
  readonly why: string;
}

/** How a source becomes something that runs. JSON: stored with the build. */
export interface BuildPlan {
  readonly kind: BuildKind;
  /** Where a part of the source is meant (a monorepo): relative, never outside. */
  readonly rootDirectory: string;
  /** Of the language, when the source asks for one: `20`, `1.22`, `3.11`. */
  readonly languageVersion?: string;
  /** Shell-free commands of the install and the build, in this order. */
  readonly steps: readonly { readonly name: string; readonly argv: readonly string[] }[];
  /** How an instance is started. Empty for containerfile: the image knows. */
  readonly start: readonly string[];
  /** What of the source an instance needs; `.`: all. */
  readonly outputDirectory: string;
  /** Process types of a Procfile. */
  readonly processes?: Readonly<Record<string, readonly string[]>>;
  /** Its path in the root directory, when the source has one. */
  readonly containerfile?: string;
  /** Where it listens whatever PORT says: the one EXPOSE of a Containerfile, or what the user said. */
  readonly port?: number;
  readonly serviceKind: 'web' | 'worker' | 'static';
  readonly facts: readonly PlanFact[];
}

export interface BuildRequest {
  /** Content address: hash of source, plan and builder. The same input is not built twice. */
  readonly inputHash: string;
  readonly serviceId: string;
  /** Builds of a team share caches of packages, and the user that they run as; those of two teams share nothing. */
  readonly team: string;
  /** The source, unpacked and private to this build: the builder may write into it, or move it into its store. */
  readonly directory: string;
  readonly plan: BuildPlan;
  /** Of the service, for the build: never in argv, in the image or in its history. */
  readonly variables: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  readonly onLine: (line: string) => void;
}

export interface BuildOutput {
  /** Of what was built: `sha256:…`. */
  readonly digest: string;
  readonly sizeBytes: number;
  readonly artifact: InstanceArtifact;
}

export interface BuilderStatus {
  readonly isUsable: boolean;
  readonly facts: readonly string[];
  readonly remedy?: string;
}

/**
 * Builds on this host. Fails with a `BuildError`: `failed` (the program of the user fails: never retried), `unavailable` (a tool of the
 * host is missing: operator) or `infrastructure` (disk, network: retried).
 */
export interface Builder {
  readonly name: string;
  /** Part of the input hash: another version of the tools builds again. */
  version(plan: BuildPlan): Promise<string>;
  probe(): Promise<BuilderStatus>;
  build(request: BuildRequest): Promise<BuildOutput>;
  /** Where an earlier output is, or undefined when it was removed. */
  find(digest: string): Promise<BuildOutput | undefined>;
  /** Outputs by digest with size, for retention. */
  list(): Promise<readonly { readonly digest: string; readonly sizeBytes: number; readonly builtAt: Date }[]>;
  remove(digest: string): Promise<void>;
  /** Removes what builds left that began before this time and were killed with their worker. @returns what it was */
  removeAbandoned(before: Date): Promise<readonly string[]>;
}
