// Runs a command line as the product does when a command is not quick: with oclif.
import { fileURLToPath } from 'node:url';
import { main } from '../../dist/cli.js';

await main({ argv: process.argv.slice(2), root: fileURLToPath(new URL('../..', import.meta.url)) });
