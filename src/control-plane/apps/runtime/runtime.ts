/** What an instance runs: a directory that a build made, an image, or programs of the host (databases). */
export type InstanceArtifact =
  | { readonly kind: 'directory'; readonly path: string }
  | { readonly kind: 'image'; readonly reference: string }
  | { readonly kind: 'host'; readonly directory: string };

export interface InstanceLimits {
  readonly memoryMb: number;
  readonly cpus: number;
  readonly pids: number;
}

export interface InstanceMount {
  /** Of the driver that made the volume: a directory of the host, or the name of a podman volume. */
  readonly source: string;
  readonly target: string;
  /** The program finds the path here: `target`, or `source` where it sees the files of the host. */
  readonly variable?: string;
  /** No other instance may have it at the same time. @default false */
  readonly isExclusive?: boolean;
}

/** One replica of one release of a service, or of a database. Starting it twice starts one: it is looked up by its id first. */
export interface InstanceSpec {
  readonly id: string;
  readonly environmentId: string;
  /** The service or database that it belongs to. */
  readonly ownerId: string;
  readonly release: number;
  readonly replica: number;
  readonly artifact: InstanceArtifact;
  readonly command: readonly string[];
  /** The whole environment but PORT. Holds secrets: never in argv, never in a log. */
  readonly variables: Readonly<Record<string, string>>;
  /** Whether it listens: it is given an address, and the port as PORT. @default false: none */
  readonly listens: boolean;
  /** In images that listen on a fixed port, that one. */
  readonly containerPort?: number;
  readonly limits: InstanceLimits;
  readonly mounts: readonly InstanceMount[];
  /** Names by which other instances of the environment reach it, where the driver can give names. */
  readonly aliases: readonly string[];
}

export interface InstanceAddress {
  readonly host: string;
  readonly port: number;
}

export interface InstanceExit {
  /** Null when a signal ended it, or when how it ended was not seen. */
  readonly code: number | null;
  readonly signal: string | null;
  readonly isOutOfMemory: boolean;
  readonly at: Date;
}

/** An instance as the runtime sees it now. Never what was ordered. */
export interface ObservedInstance {
  readonly id: string;
  readonly environmentId: string;
  readonly ownerId: string;
  readonly release: number;
  readonly replica: number;
  readonly startedAt: Date;
  readonly address: InstanceAddress | undefined;
  /** Undefined while it runs. */
  readonly exit: InstanceExit | undefined;
}

export interface InstanceLogLine {
  /** Grows with each line of the instance, also over rotations: reading goes on after it. */
  readonly position: number;
  readonly at: Date;
  readonly stream: 'stdout' | 'stderr';
  readonly text: string;
}

export interface InstanceSample {
  readonly id: string;
  /** Since the instance started. */
  readonly cpuSeconds: number;
  readonly memoryBytes: number;
}

export interface RuntimeStatus {
  readonly isUsable: boolean;
  /** What it can enforce, or why it is not usable, in one line each. */
  readonly facts: readonly string[];
  /** The one command that makes it usable. */
  readonly remedy?: string;
}

/**
 * Runs instances on this host. They outlive the server and are adopted by the next one. Methods are safe to repeat, throw `RuntimeError`
 * and never anything raw.
 */
export interface Runtime {
  readonly name: 'process' | 'podman';
  probe(): Promise<RuntimeStatus>;
  /** Makes what instances of the environment share: a network of their own, where the driver has networks. */
  ensureEnvironment(environmentId: string): Promise<void>;
  /** Removes it, with everything that is left of the environment. */
  removeEnvironment(environmentId: string): Promise<void>;
  /** Starts the instance unless it is there. One that has exited is not started again: a replacement has an id of its own. */
  ensure(spec: InstanceSpec): Promise<ObservedInstance>;
  /** Everything that this installation has on the host, also what has exited and was not removed. */
  observe(): Promise<readonly ObservedInstance[]>;
  /** SIGTERM to the whole instance, SIGKILL after the grace period. One that is gone is a success. */
  stop(id: string, graceMs: number): Promise<void>;
  /** Stops it at once if it still runs, and removes every trace of it, its log included. */
  remove(id: string): Promise<void>;
  /** At most `limit` lines after the position, oldest first. */
  readLog(
    id: string,
    options: { readonly after: number; readonly limit: number },
  ): Promise<readonly InstanceLogLine[]>;
  stats(): Promise<readonly InstanceSample[]>;
  /** The environments that have anything here: networks, directories, containers. For finding what no database row knows. */
  listEnvironments(): Promise<readonly string[]>;
}
