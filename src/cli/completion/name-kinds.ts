/** Names that only a server, the configuration or a kubeconfig knows. */
export type NameKind =
  | 'backup'
  | 'cluster'
  | 'context'
  | 'database'
  | 'environment'
  | 'job'
  | 'kubeconfig'
  | 'profile'
  | 'release'
  | 'service'
  | 'team'
  | 'variable'
  | 'volume';

/** What is typed already of an application: its names are those of one environment or service. */
export interface TypedApp {
  readonly service: string | undefined;
  readonly env: string | undefined;
  readonly shared: string | undefined;
  readonly team: string | undefined;
}

const FLAG_NAMES: Readonly<Record<string, NameKind>> = {
  cluster: 'cluster',
  context: 'context',
  profile: 'profile',
  team: 'team',
};

const APP_FLAG_NAMES: Readonly<Record<string, NameKind>> = {
  env: 'environment',
  into: 'environment',
  release: 'release',
  shared: 'environment',
};

/** @param command id */
export function nameOfFlag(command: string, flag: string): NameKind | undefined {
  return FLAG_NAMES[flag] ?? (isApp(command) ? APP_FLAG_NAMES[flag] : undefined);
}

const ARGUMENT_NAMES: Readonly<Record<string, readonly NameKind[]>> = {
  backup: ['database', 'backup'],
  cluster: ['cluster'],
  database: ['database'],
  environment: ['environment'],
  job: ['job'],
  profile: ['profile'],
  service: ['service'],
  subject: ['cluster', 'job'],
  target: ['cluster', 'job'],
  team: ['team'],
  volume: ['volume'],
};

/** @param command id @returns undefined where nothing is known */
export function namesOfArgument(command: string, argument: string): readonly NameKind[] | undefined {
  if (command === 'kubeconfig:remove') return ['kubeconfig'];
  if (argument === 'name') {
    if (command.startsWith('context:')) return ['context'];
    return command.startsWith('profiles:') ? ['profile'] : undefined;
  }
  // Targets of notifications.
  return command.startsWith('admin:notifications:') ? undefined : ARGUMENT_NAMES[argument];
}

/** The words after the service, or all of them with --shared. */
export function isVariableWord(command: string, { shared }: TypedApp, index: number): boolean {
  return command === 'app:var:unset' && (index > 0 || shared !== undefined);
}

export function typedApp(
  command: string,
  { words, values }: { readonly words: readonly string[]; readonly values: ReadonlyMap<string, string> },
): TypedApp | undefined {
  if (!isApp(command)) return undefined;
  const [env, shared, team] = ['env', 'shared', 'team'].map((name) => values.get(name));
  return { service: shared === undefined ? words[0] : undefined, env, shared, team };
}

function isApp(command: string): boolean {
  return command.startsWith('app:');
}
