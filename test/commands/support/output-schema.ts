import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { OUTPUTS } from '../../../scripts/pages/command-outputs.ts';
import { outputSchemas } from '../../../scripts/pages/output-schemas.ts';

const OPENAPI = fileURLToPath(new URL('../../../openapi.yaml', import.meta.url));
/** With fields that are not declared refused. */
export const STRICT_OUTPUT_SCHEMAS = outputSchemas(readFileSync(OPENAPI, 'utf8'), true);
const ajv = new Ajv2020({ strict: false, validateFormats: false });

/** The command of a command line, with the longest name that it begins with; undefined if it has no schema. */
export function commandOf(argv: readonly string[]): string | undefined {
  return Object.keys(OUTPUTS)
    .filter((id) => `${argv.join(' ')} `.startsWith(`${id} `))
    .sort((a, b) => b.length - a.length)[0];
}

/** What is wrong with what a command printed for `--json`; undefined if it is as its schema says. */
export function schemaProblem(command: string, stdout: string): string | undefined {
  const validate = ajv.compile(STRICT_OUTPUT_SCHEMAS[`${command.replaceAll(' ', '-')}.schema.json`] ?? false);
  for (const document of command === 'logs' ? stdout.trim().split('\n') : [stdout]) {
    if (document === '') return 'no output';
    if (!validate(JSON.parse(document))) return `${ajv.errorsText(validate.errors)}: ${document}`;
  }
  return undefined;
}
