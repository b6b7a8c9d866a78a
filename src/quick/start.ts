// dist/start.cjs, which bin/run.js loads. It is CommonJS and small: on Node 20 the loader of ES modules alone costs 5 ms of CPU.
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { handleBrokenPipes } from '../cli/broken-pipes.ts';
import { cacheDirectory, loadCached } from './code-cache.ts';
import { quickHelp } from './quick-help.ts';
import { quickCommand } from './quick-names.ts';

const DIST = __dirname;

/** A bundle of CommonJS, compiled once: the commands in quick-commands.ts. */
type QuickBundle = typeof import('./run-quick.ts');

interface NodeModuleApi {
  /** Node 20 has none. */
  readonly enableCompileCache?: (directory: string) => unknown;
  readonly createRequire: unknown;
}

void start(process.argv.slice(2));

async function start(argv: string[]): Promise<void> {
  obeyColorVariables(process.env);
  handleBrokenPipes();
  const page = quickHelp(argv, DIST);
  if (page !== undefined) {
    process.stdout.write(page);
    return;
  }
  if (!process.env['HOME']) describeUser(process.env);
  const command = quickCommand(argv);
  if (command !== undefined) {
    const { exports, keep } = loadCached<QuickBundle>(join(DIST, 'quick.cjs'), command.id);
    if (await exports.runQuick(command, argv, DIST)) {
      keep();
      // With the code of an error, if there was one.
      process.exit();
    }
  }
  describeUser(process.env);
  const cache = cacheDirectory();
  const module: NodeModuleApi = process.getBuiltinModule('node:module');
  if (cache !== undefined) module.enableCompileCache?.(join(cache, 'node'));
  const { main }: typeof import('../cli/main.ts') = await import(pathToFileURL(join(DIST, 'cli.js')).href);
  await main({ argv, root: join(DIST, '..') });
}

/** oclif and Ink disagree on NO_COLOR and CLICOLOR_FORCE, but both obey FORCE_COLOR when it is set before they load. */
function obeyColorVariables(env: NodeJS.ProcessEnv): void {
  if (env['NO_COLOR']) env['FORCE_COLOR'] = '0';
  else if (env['CLICOLOR_FORCE'] && env['CLICOLOR_FORCE'] !== '0') env['FORCE_COLOR'] ??= '1';
}

/** OpenShift runs containers under a user id without a name. Packages ask for the home and the shell of the user while they load. */
function describeUser(env: NodeJS.ProcessEnv): void {
  if (env['HOME'] && env['SHELL'] !== undefined) return;
  try {
    userInfo();
  } catch {
    env['HOME'] ||= '/';
    env['SHELL'] ??= '';
  }
}
