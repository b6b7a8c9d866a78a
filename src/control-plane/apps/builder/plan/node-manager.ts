import type { SourceView } from './source-files.ts';

/** How packages are installed, and how scripts of package.json are run. */
export interface NodeManager {
  readonly name: 'npm' | 'pnpm' | 'yarn' | 'bun';
  readonly install: readonly string[];
  readonly run: (script: string) => readonly string[];
  readonly why: string;
  readonly isLocked: boolean;
}

type ManagerName = NodeManager['name'];

const LOCKFILES: readonly (readonly [file: string, manager: ManagerName])[] = [
  ['pnpm-lock.yaml', 'pnpm'],
  ['yarn.lock', 'yarn'],
  ['bun.lock', 'bun'],
  ['bun.lockb', 'bun'],
  ['package-lock.json', 'npm'],
  ['npm-shrinkwrap.json', 'npm'],
];

interface Found {
  readonly name: ManagerName;
  /** As `packageManager` pins it. */
  readonly version?: string;
  readonly lockfile?: string;
  /** From the root of the service to where packages are installed: above it in a workspace. */
  readonly way: string;
  readonly view: SourceView;
  readonly why: string;
}

/**
 * The manager that `packageManager` names, else that of the lockfile, else npm. Others than npm are run by npx, in the version that the
 * source asks for, so that a host needs Node.js only.
 */
export function nodeManager(
  view: SourceView,
  packageManager: string | undefined,
  hasBuild: boolean,
): NodeManager {
  const found = findManager(view, packageManager);
  const program = programOf(found);
  const isLocked = found.lockfile !== undefined;
  return {
    name: found.name,
    install: [...program, ...installWords(found, hasBuild)],
    run: (script) => [...program, 'run', script],
    why: found.why,
    isLocked,
  };
}

function findManager(view: SourceView, packageManager: string | undefined): Found {
  const lock = findLockfile(view);
  const pinned = /^(npm|pnpm|yarn|bun)@(\d[\w.-]*)/.exec(packageManager ?? '');
  if (pinned !== null) {
    const name = LOCKFILES.find(([, each]) => each === pinned[1])?.[1] ?? 'npm';
    const own = lock?.name === name ? lock : { way: '.', view };
    const why = `packageManager in package.json is ${pinned[0]}`;
    const ignored =
      lock !== undefined && lock.name !== name ? `; ${lock.lockfile} is of ${lock.name} and ignored` : '';
    return { ...own, name, ...(name === 'npm' ? {} : { version: pinned[2] ?? '' }), why: `${why}${ignored}` };
  }
  if (lock !== undefined) return lock;
  return { name: 'npm', way: '.', view, why: 'no lockfile: versions may differ from build to build' };
}

/** In the root, else above it when that is a workspace. */
function findLockfile(view: SourceView): (Found & { readonly lockfile: string }) | undefined {
  for (const { view: above, way } of view.upwards()) {
    const here = LOCKFILES.filter(([file]) => above.has(file));
    const [first] = here;
    if (first === undefined) continue;
    const others = here.filter(([, manager]) => manager !== first[1]).map(([file]) => file);
    const ignored = others.length === 0 ? '' : `; ${others.join(' and ')} ignored`;
    const shown = way === '.' ? first[0] : `${way}/${first[0]}`;
    return { name: first[1], lockfile: first[0], way, view: above, why: `${shown}${ignored}` };
  }
  return undefined;
}

function programOf({ name, version, view }: Found): readonly string[] {
  if (name === 'npm') return ['npm'];
  if (name === 'yarn' && isModernYarn({ version, view })) {
    return ['npx', '--yes', `--package=@yarnpkg/cli-dist@${version ?? 4}`, 'yarn'];
  }
  return ['npx', '--yes', `${name}@${version ?? DEFAULT_VERSIONS[name]}`];
}

const DEFAULT_VERSIONS = { pnpm: '10', yarn: '1', bun: '1' } as const;

function isModernYarn({
  version,
  view,
}: {
  readonly version: string | undefined;
  readonly view: SourceView;
}): boolean {
  return version === undefined ? view.has('.yarnrc.yml') : !version.startsWith('1.');
}

/** What only builds need is installed when there is a build, whatever NODE_ENV says. */
function installWords(found: Found, hasBuild: boolean): readonly string[] {
  const { name, way, lockfile } = found;
  const isLocked = lockfile !== undefined;
  const at = (flag: string) => (way === '.' ? [] : [flag, way]);
  switch (name) {
    case 'npm':
      return [
        ...at('--prefix'),
        isLocked ? 'ci' : 'install',
        ...(hasBuild ? ['--include=dev'] : []),
        '--no-audit',
        '--no-fund',
      ];
    case 'pnpm':
      return [
        ...at('--dir'),
        'install',
        isLocked ? '--frozen-lockfile' : '--no-frozen-lockfile',
        ...(hasBuild ? ['--prod=false'] : []),
      ];
    case 'yarn':
      if (isModernYarn({ version: found.version, view: found.view }))
        return [...at('--cwd'), 'install', ...(isLocked ? ['--immutable'] : [])];
      return [
        ...at('--cwd'),
        'install',
        ...(isLocked ? ['--frozen-lockfile'] : []),
        ...(hasBuild ? ['--production=false'] : []),
      ];
    case 'bun':
      return [...at('--cwd'), 'install', ...(isLocked ? ['--frozen-lockfile'] : [])];
  }
}
