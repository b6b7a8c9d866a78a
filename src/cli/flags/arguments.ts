import { string } from '@oclif/core/args';

// Without ignoreStdin, oclif reads a missing argument from stdin and consumes the input of a `while read` loop.

/** A cluster by name or id. */
export const clusterArgument = () =>
  string({ description: 'Name or id of the cluster', required: true, ignoreStdin: true });

/** A cluster by name or id, or a job by id. */
export const clusterOrJobArgument = () =>
  string({ description: 'Name or id of a cluster, or id of a job', required: true, ignoreStdin: true });

/** Any other required argument. */
export const requiredArgument = (description: string) =>
  string({ description, required: true, ignoreStdin: true });
