import type { ProcessTable } from './process-table.ts';
import { createProcfsTable } from './procfs-table.ts';
import { createPsTable } from './ps-table.ts';

/** /proc on Linux; `ps` elsewhere, which is slower and good enough for a laptop. */
export function openProcessTable(platform: NodeJS.Platform = process.platform): ProcessTable {
  return platform === 'linux' ? createProcfsTable() : createPsTable();
}
