/** What help, docs/cli and the manual pages say of flags and arguments. */
export interface Flag {
  readonly name: string;
  readonly char?: string | undefined;
  readonly type: 'option' | 'boolean';
  readonly helpValue?: string | string[] | undefined;
  readonly description?: string | undefined;
  readonly required?: boolean | undefined;
  readonly allowNo?: boolean | undefined;
}

export interface Argument {
  readonly name: string;
  readonly required?: boolean | undefined;
  readonly multiple?: boolean | undefined;
}

/** `--ttl DURATION`, `--[no-]wait` */
function flagUsage({ name, type, helpValue, allowNo }: Flag): string {
  return type === 'option'
    ? `--${name} ${helpValue ?? 'VALUE'}`
    : `--${allowNo === true ? '[no-]' : ''}${name}`;
}

/** `-y, --yes`, `--wait` @param gap stands for the letter of a flag that has none */
export function flagWords(flag: Flag, gap = ''): string {
  return `${flag.char === undefined ? gap : `-${flag.char}, `}${flagUsage(flag)}`;
}

/** Also of a flag that can be given in another way: what misses then is found after the parsing. */
export function isRequiredFlag({ required, description = '' }: Flag): boolean {
  return required === true || /\(required\b/.test(description);
}

/** `NAME`, `[NAME]`, `CLUSTER...` @param strict false if the command takes any number of words */
export function argumentWord({ name, required, multiple }: Argument, strict: boolean | undefined): string {
  const word = `${name.toUpperCase()}${multiple || strict === false ? '...' : ''}`;
  return required ? word : `[${word}]`;
}

/** `create [NAME] --profile NAME [flags]`; the flags that are not required are not listed. */
export function usageLine(
  name: string,
  args: readonly Argument[],
  flags: readonly Flag[],
  strict: boolean | undefined,
): string {
  const words = args.map((argument) => argumentWord(argument, strict));
  return [name, ...words, ...flags.filter(isRequiredFlag).map(flagUsage), '[flags]'].join(' ');
}
