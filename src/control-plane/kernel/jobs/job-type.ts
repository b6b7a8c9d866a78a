/** Job types are stored as `KIND.NAME`, in lower case with dashes: `thing.create`, `thing.scheduled-destroy`. */
export function kindOfJobType(type: string): string {
  const dot = type.indexOf('.');
  if (dot < 1) throw new TypeError(`job type "${type}" names no kind: use KIND.NAME`);
  return type.slice(0, dot);
}

/** The API's word for a job type: `thing.scheduled-destroy` is SCHEDULED_DESTROY. */
export function apiJobType(type: string): string {
  return type
    .slice(type.indexOf('.') + 1)
    .toUpperCase()
    .replaceAll(/[.-]/g, '_');
}
