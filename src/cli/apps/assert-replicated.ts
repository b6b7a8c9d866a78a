import type { AppService } from '../../contract/documents.ts';
import { UsageError } from '../errors/cli-error.ts';

/** @param hint what is done instead @throws UsageError for a cron service, which has no replicas */
export function assertReplicated({ kind, name }: AppService, hint: string): void {
  if (kind === 'cron')
    throw new UsageError(`${name} is of kind cron: it has no replicas, but one run at a time`, { hint });
}
