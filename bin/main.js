import { readFileSync } from 'node:fs';
import module from 'node:module';
import { userInfo } from 'node:os';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const argv = process.argv.slice(2);

// oclif and Ink disagree on NO_COLOR and CLICOLOR_FORCE, but both obey FORCE_COLOR when it is set before they load.
if (process.env.NO_COLOR) process.env.FORCE_COLOR = '0';
else if (process.env.CLICOLOR_FORCE && process.env.CLICOLOR_FORCE !== '0') process.env.FORCE_COLOR ??= '1';

// OpenShift runs containers under a user id without a name. Packages ask for the home and the shell of the user while they load.
if (!process.env.HOME || process.env.SHELL === undefined) {
  try {
    userInfo();
  } catch {
    process.env.HOME ||= '/';
    process.env.SHELL ??= '';
  }
}

if (argv.length === 1 && (argv[0] === '--version' || argv[0] === '-v')) {
  const { version } = JSON.parse(readFileSync(`${root}package.json`, 'utf8'));
  process.stdout.write(`ocpctl ${version} ${process.platform}-${process.arch} node-${process.version}\n`);
} else {
  module.enableCompileCache?.();
  const { main } = await import('../dist/cli.js');
  await main({ argv, root });
}
