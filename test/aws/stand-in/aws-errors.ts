import { CloudRejectedError } from '../../../src/sandbox/cloud/simulated-cloud.ts';

const NOT_FOUND_NAME = /NotFound|NoSuch/;

export function hasName(thrown: unknown, name: string): boolean {
  return thrown instanceof Error && thrown.name === name;
}

/** Does the error of a service mean that the resource does not exist? */
export function isNotFoundError(thrown: unknown): boolean {
  return isServiceError(thrown) && NOT_FOUND_NAME.test(thrown.name);
}

/** @returns a CloudRejectedError for an error response of a service; other errors, such as a broken connection, unchanged. */
export function toRejection(thrown: unknown): unknown {
  return isServiceError(thrown)
    ? new CloudRejectedError(thrown.name, thrown.message, { cause: thrown })
    : thrown;
}

/** Is this an error response of a service? */
function isServiceError(thrown: unknown): thrown is Error {
  return thrown instanceof Error && '$metadata' in thrown;
}
