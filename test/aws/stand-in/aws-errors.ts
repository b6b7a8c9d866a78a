import { CloudRejectedError } from '../../../src/sandbox/cloud/simulated-cloud.ts';

const NOT_FOUND_NAME = /NotFound|NoSuch/;

export function hasName(thrown: unknown, name: string): boolean {
  return thrown instanceof Error && thrown.name === name;
}

/** Whether a service says that what it was asked about does not exist. */
export function isNotFoundError(thrown: unknown): boolean {
  return isServiceError(thrown) && NOT_FOUND_NAME.test(thrown.name);
}

/** @returns the refusal of a service in its own words; anything else, such as a broken connection, as it is. */
export function toRejection(thrown: unknown): unknown {
  return isServiceError(thrown)
    ? new CloudRejectedError(thrown.name, thrown.message, { cause: thrown })
    : thrown;
}

/** A service answered, if only to refuse. */
function isServiceError(thrown: unknown): thrown is Error {
  return thrown instanceof Error && '$metadata' in thrown;
}
