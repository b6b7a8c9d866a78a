import { join } from 'node:path';

/** What an operator may add to builds: proxies, trusted certificates, and where packages come from. */
const OPERATOR_VARIABLES: readonly RegExp[] = [
  /^(HTTP|HTTPS|NO|ALL)_PROXY$/i,
  /^(SSL_CERT_FILE|SSL_CERT_DIR|NODE_EXTRA_CA_CERTS|CURL_CA_BUNDLE|REQUESTS_CA_BUNDLE|GIT_SSL_CAINFO)$/,
  /^npm_config_(registry|cafile|strict_ssl|proxy|https_proxy|noproxy|fetch_(retries|timeout))$/i,
  /^(GOPROXY|GONOPROXY|GOPRIVATE|GOSUMDB|GONOSUMDB|GOINSECURE|GOFLAGS|GOTOOLCHAIN|CGO_ENABLED)$/,
  /^PIP_(CERT|INDEX_URL|EXTRA_INDEX_URL|FIND_LINKS|NO_INDEX|TRUSTED_HOST|DEFAULT_TIMEOUT|RETRIES)$/,
  /^UV_(DEFAULT_INDEX|INDEX|INDEX_URL|EXTRA_INDEX_URL|FIND_LINKS|NATIVE_TLS|INSECURE_HOST)$/,
];

/** @returns whether an operator may set a variable of this name for builds */
function isAllowedBuildVariable(name: string): boolean {
  return OPERATOR_VARIABLES.some((pattern) => pattern.test(name));
}

/** The variables of the server's environment that builds are given. */
export function buildVariablesFrom(env: NodeJS.ProcessEnv): Record<string, string> {
  const allowed = Object.entries(env).flatMap(([name, value]) =>
    value !== undefined && isAllowedBuildVariable(name) ? [[name, value] as const] : [],
  );
  return Object.fromEntries(allowed);
}

export interface BuildFolders {
  /** Where the steps run. */
  readonly work: string;
  readonly home: string;
  readonly temporary: string;
  /** Packages that were downloaded, of all builds of a team. */
  readonly cache: string;
}

export interface BuildEnvironmentInput {
  readonly folders: BuildFolders;
  readonly path: string;
  /** Of the operator. */
  readonly variables: Readonly<Record<string, string>>;
  /** Of the service; they win over those of the operator. */
  readonly serviceVariables: Readonly<Record<string, string>>;
}

/** The whole environment of the programs of a build. That of the server is never passed on. */
export function buildEnvironment(input: BuildEnvironmentInput): Record<string, string> {
  const { folders, path, variables, serviceVariables } = input;
  const { work, home, temporary, cache } = folders;
  const environment = join(work, '.venv');
  return {
    LANG: 'C.UTF-8',
    NEXT_TELEMETRY_DISABLED: '1',
    PIP_DISABLE_PIP_VERSION_CHECK: '1',
    PIP_NO_INPUT: '1',
    PYTHONUNBUFFERED: '1',
    npm_config_update_notifier: 'false',
    ...variables,
    ...serviceVariables,
    PATH: `${join(environment, 'bin')}:${path}`,
    VIRTUAL_ENV: environment,
    HOME: home,
    TMPDIR: temporary,
    XDG_CACHE_HOME: cache,
    npm_config_cache: join(cache, 'npm'),
    GOPATH: join(cache, 'go'),
    GOCACHE: join(cache, 'go-build'),
    // Read-only directories could not be removed.
    GOFLAGS: [serviceVariables['GOFLAGS'] ?? variables['GOFLAGS'], '-modcacherw'].filter(Boolean).join(' '),
    PIP_CACHE_DIR: join(cache, 'pip'),
    UV_CACHE_DIR: join(cache, 'uv'),
    POETRY_CACHE_DIR: join(cache, 'poetry'),
    PIPENV_CACHE_DIR: join(cache, 'pipenv'),
  };
}
