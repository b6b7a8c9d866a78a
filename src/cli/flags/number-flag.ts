import { CLIError } from '@oclif/core/errors';
import { custom } from '@oclif/core/flags';

/** A whole number within bounds, which its error names. A description names them too. */
export const numberFlag = custom<number, { readonly min: number; readonly max?: number }>({
  async parse(input, _context, { name, min, max }) {
    const value = Number(input);
    if (/^\d+$/.test(input) && value >= min && value <= (max ?? Number.MAX_SAFE_INTEGER)) return value;
    const use =
      max === undefined ? `a whole number of ${min} or more` : `a whole number from ${min} to ${max}`;
    throw new CLIError(`invalid value "${input}" for --${name}: use ${use}`);
  },
});
