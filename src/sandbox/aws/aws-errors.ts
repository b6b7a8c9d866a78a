import { CloudRefusedError } from '../cloud.ts';

const NOT_THERE = /NotFound|NoSuch/;

export function hasName(thrown: unknown, name: string): boolean {
  return thrown instanceof Error && thrown.name === name;
}

/** Whether a service says that what it was asked about does not exist. */
export function saysNotThere(thrown: unknown): boolean {
  return isAnswer(thrown) && NOT_THERE.test(thrown.name);
}

/** @returns the refusal of a service in its own words; anything else, such as a broken connection, as it is. */
export function asRefusal(thrown: unknown): unknown {
  return isAnswer(thrown) ? new CloudRefusedError(thrown.name, thrown.message, { cause: thrown }) : thrown;
}

/** A service answered, if only to refuse. */
function isAnswer(thrown: unknown): thrown is Error {
  return thrown instanceof Error && '$metadata' in thrown;
}
