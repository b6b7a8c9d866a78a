/** What a class of a command says of its flags and arguments. */
export interface PlainGrammar {
  readonly flags: Readonly<Record<string, PlainFlag>>;
  readonly args: Readonly<Record<string, PlainArgument>>;
}

interface PlainFlag {
  readonly type: 'option' | 'boolean';
  readonly char?: string;
  readonly multiple?: boolean;
  readonly multipleNonGreedy?: boolean;
  readonly options?: readonly string[];
  readonly required?: boolean;
  readonly exclusive?: readonly string[];
  readonly default?: unknown;
}

interface PlainArgument {
  readonly required?: boolean;
}

export interface PlainInput {
  readonly flags: Readonly<Record<string, unknown>>;
  readonly args: Readonly<Record<string, string>>;
}

/** Of flags and arguments; whatever else a definition says, oclif has to see to it. */
const KNOWN_FLAG_KEYS = new Set([
  'type',
  'char',
  'multiple',
  'multipleNonGreedy',
  'options',
  'exclusive',
  'default',
  'required',
  'description',
  'helpValue',
  'helpGroup',
  'allowNo',
]);
const KNOWN_ARGUMENT_KEYS = new Set(['type', 'multiple', 'required', 'description', 'ignoreStdin']);

/**
 * Parses a command line that is complete and without a fault, as oclif does.
 * @returns undefined for every other one, and for forms that are rare: oclif parses those, and has the words for what is wrong
 */
export function parsePlain(words: readonly string[], { flags, args }: PlainGrammar): PlainInput | undefined {
  if (!isKnown(flags, KNOWN_FLAG_KEYS) || !isKnown(args, KNOWN_ARGUMENT_KEYS)) return undefined;
  const given: Record<string, unknown> = {};
  const positional: string[] = [];
  for (let index = 0; index < words.length; index++) {
    const word = words[index] ?? '';
    if (word === '') return undefined;
    if (!word.startsWith('-')) {
      positional.push(word);
      continue;
    }
    const [name, value] = splitWord(word, flags);
    const flag = name === undefined ? undefined : flags[name];
    // --debug shows stack traces: those of the bundle of quick commands have no names.
    if (name === undefined || flag === undefined || name === 'debug') return undefined;
    const isRepeated = Object.hasOwn(given, name);
    if (flag.type === 'boolean') {
      if (value !== undefined || isRepeated) return undefined;
      given[name] = true;
      continue;
    }
    const text = value ?? words[++index];
    if (text === undefined || text === '' || text.startsWith('-')) return undefined;
    if (flag.options?.includes(text) === false || (flag.multiple && !flag.multipleNonGreedy))
      return undefined;
    if (isRepeated && !flag.multiple) return undefined;
    given[name] = flag.multiple ? [...((given[name] as string[] | undefined) ?? []), text] : text;
  }
  const names = Object.keys(args);
  if (positional.length > names.length || !isComplete(given, positional, { flags, args })) return undefined;
  return {
    flags: { ...defaults(flags), ...given },
    args: Object.fromEntries(positional.map((text, index) => [names[index] ?? '', text])),
  };
}

/** `--name`, `--name=value` or `-c` @returns the name of the flag and its value, if it is in the same word */
function splitWord(
  word: string,
  flags: PlainGrammar['flags'],
): [name: string | undefined, value: string | undefined] {
  if (!word.startsWith('--'))
    return [Object.keys(flags).find((name) => word === `-${flags[name]?.char}`), undefined];
  const at = word.indexOf('=');
  const name = at === -1 ? word.slice(2) : word.slice(2, at);
  return [Object.hasOwn(flags, name) ? name : undefined, at === -1 ? undefined : word.slice(at + 1)];
}

function isKnown(definitions: Readonly<Record<string, object>>, keys: ReadonlySet<string>): boolean {
  return Object.values(definitions).every((definition) =>
    Object.keys(definition).every((key) => keys.has(key)),
  );
}

function isComplete(
  given: Readonly<Record<string, unknown>>,
  positional: readonly string[],
  { flags, args }: PlainGrammar,
): boolean {
  const isGiven = (name: string) => Object.hasOwn(given, name);
  return (
    Object.values(args).every(({ required }, index) => required !== true || index < positional.length) &&
    Object.entries(flags).every(([name, { required, exclusive = [] }]) =>
      isGiven(name) ? !exclusive.some(isGiven) : required !== true,
    )
  );
}

function defaults(flags: PlainGrammar['flags']): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(flags).flatMap(([name, flag]) =>
      flag.default === undefined ? [] : [[name, flag.default]],
    ),
  );
}
