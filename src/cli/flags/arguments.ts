import { string } from '@oclif/core/args';

// Without ignoreStdin oclif takes a missing argument from stdin, and swallows what a `while read` loop still needs.

/** A cluster by name or id. */
export const clusterArgument = () =>
  string({ description: 'name or id of a cluster', required: true, ignoreStdin: true });

/** A cluster by name or id, or a job by id. */
export const clusterOrJobArgument = () =>
  string({ description: 'name or id of a cluster, or id of a job', required: true, ignoreStdin: true });

/** Any other argument that must be there. */
export const requiredArgument = (description: string) =>
  string({ description, required: true, ignoreStdin: true });
