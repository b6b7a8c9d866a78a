import { NAMED_FORMATS } from '../../render/view.ts';
import { UsageError } from '../errors/cli-error.ts';

/** Of single commands, which name them in `static formats`. */
const OWN_FORMATS = ['focus'] as const;
type NamedFormat = (typeof NAMED_FORMATS)[number];
export type OwnFormat = (typeof OWN_FORMATS)[number];

export type OutputFormat =
  | { readonly kind: NamedFormat }
  | { readonly kind: OwnFormat }
  | { readonly kind: 'value'; readonly path: string };

/** The formats of all commands, as help and errors list them. */
export const EXPECTED_FORMATS = `${NAMED_FORMATS.join(', ')} or value=PATH`;

/** Parses the value of `-o`. @throws UsageError that lists the formats */
export function parseOutputFormat(text: string): OutputFormat {
  if (isNamedFormat(text) || isOwnFormat(text)) return { kind: text };
  if (text === 'value' || (text.startsWith('value=') && text.length > 'value='.length))
    return { kind: 'value', path: text.slice('value='.length) };
  throw new UsageError(`unknown output format "${text}"`, { hint: `use ${EXPECTED_FORMATS}` });
}

/** @returns whether a program reads the output; then errors are JSON and there are no prompts. */
export function isMachineFormat(format: OutputFormat): boolean {
  return format.kind !== 'table' && format.kind !== 'wide';
}

/**
 * Finds the error format even if the command line cannot be parsed: the last `-o`, `--output` or `--json` before `--`,
 * else the fallback (OCPCTL_OUTPUT or the configuration file). Never throws.
 */
export function peekMachineFormat(argv: readonly string[], fallback: string | undefined): boolean {
  let text = fallback ?? 'table';
  for (let index = 0; index < argv.length; index++) {
    const argument = argv[index] ?? '';
    if (argument === '--') break;
    if (argument === '--json') text = 'json';
    else if (/^-q*o$/.test(argument) || argument === '--output') text = argv[index + 1] ?? text;
    else if (argument.startsWith('--output=')) text = argument.slice('--output='.length);
    else if (/^-q*o./.test(argument)) text = argument.replace(/^-q*o=?/, '');
  }
  return (
    text !== 'table' &&
    text !== 'wide' &&
    (isNamedFormat(text) || isOwnFormat(text) || text === 'value' || text.startsWith('value='))
  );
}

/** @throws UsageError for a format of another command */
export function assertFormatOf(formats: readonly OwnFormat[], { kind }: OutputFormat): void {
  const own = OWN_FORMATS.find((name) => name === kind);
  if (own === undefined || formats.includes(own)) return;
  throw new UsageError(`this command has no output format "${own}"`, { hint: `use ${EXPECTED_FORMATS}` });
}

function isNamedFormat(text: string): text is NamedFormat {
  return NAMED_FORMATS.some((name) => name === text);
}

function isOwnFormat(text: string): text is OwnFormat {
  return OWN_FORMATS.some((name) => name === text);
}
