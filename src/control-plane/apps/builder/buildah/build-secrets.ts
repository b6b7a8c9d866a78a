import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { BUILD_VARIABLES_SECRET } from './render-containerfile.ts';

/** Names that a shell can set; of others, no program of a build hears. */
const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;
/** Files of the host that variables name: certificates. In a build they lie among its secrets. */
const FILES =
  /^(SSL_CERT_FILE|NODE_EXTRA_CA_CERTS|CURL_CA_BUNDLE|REQUESTS_CA_BUNDLE|PIP_CERT|GIT_SSL_CAINFO|npm_config_cafile)$/;

export interface BuildSecretsInput {
  /** Private to the build, and removed with it. */
  readonly directory: string;
  /** Of the operator. */
  readonly variables: Readonly<Record<string, string>>;
  /** Of the service. Each is also a secret of its name, for Containerfiles of users. */
  readonly serviceVariables: Readonly<Record<string, string>>;
}

export interface BuildSecrets {
  /** For buildah: they name files, and no value is in a command line. */
  readonly args: readonly string[];
  /** Ids of those that steps of ours need. */
  readonly ids: readonly string[];
}

/** Writes the variables of a build into files. */
export function writeBuildSecrets({
  directory,
  variables,
  serviceVariables,
}: BuildSecretsInput): BuildSecrets {
  const args: string[] = [];
  const ids = [BUILD_VARIABLES_SECRET];
  const add = (id: string, file: string) => args.push('--secret', `id=${id},src=${file}`);
  const lines: string[] = [];
  for (const [name, value] of Object.entries({ HOME: '/tmp', ...variables, ...serviceVariables })) {
    if (!NAME.test(name)) continue;
    const isFile = FILES.test(name) && serviceVariables[name] === undefined;
    if (isFile) {
      add(`ocpctl-${name}`, value);
      ids.push(`ocpctl-${name}`);
    }
    lines.push(`${name}=${quoted(isFile ? `/run/secrets/ocpctl-${name}` : value)}`);
  }
  for (const [index, [name, value]] of Object.entries(serviceVariables).entries()) {
    if (NAME.test(name)) add(name, written(directory, `variable-${index}`, value));
  }
  add(BUILD_VARIABLES_SECRET, written(directory, 'variables', `${lines.join('\n')}\n`));
  return { args, ids };
}

function written(directory: string, name: string, text: string): string {
  const file = join(directory, name);
  writeFileSync(file, text, { flag: 'wx', mode: 0o600 });
  return file;
}

function quoted(value: string): string {
  return `'${value.replaceAll("'", `'\\''`)}'`;
}
