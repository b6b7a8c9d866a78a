/** What to do about a failed system call, by its code. The messages of Node.js say what failed and on which path. */
const HINTS: Readonly<Record<string, string>> = {
  EACCES: 'give the user that runs ocpctl access to the file and its directory',
  EDQUOT: 'the disk quota of the user is used up: remove files, or raise the quota',
  EIO: 'the disk reports an error: check it, and the log of the operating system',
  EMFILE: 'too many open files: raise the limit (ulimit -n)',
  ENFILE: 'too many open files on this host: raise the limit (fs.file-max)',
  ENOMEM: 'the host has no memory left: end other processes, or add memory',
  ENOSPC: 'the disk is full: free space on it, then run the command again',
  EPERM: 'give the user that runs ocpctl access to the file and its directory',
  EROFS: 'the file system is read-only: mount it writable, or use another directory',
};

/** @returns undefined for a code whose message says enough */
export function systemErrorHint(code: string | undefined): string | undefined {
  return code === undefined ? undefined : HINTS[code];
}

const REASONS: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EISDIR: 'it is a directory',
  ENOENT: 'no such file',
  ENOTDIR: 'no such file',
  EPERM: 'permission denied',
};

/** @returns in plain words why a system call on a file failed, without the path; the message of any other error */
export function systemErrorReason(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  return REASONS[code] ?? (error instanceof Error ? error.message : String(error));
}

/** Node.js writes `ENOENT: no such file or directory, open '/tmp/x'`. @returns what stands between code and call */
export function reasonOfSystemCall({ message }: Error): string | undefined {
  return /^E[A-Z0-9]+: ([^,]+)/.exec(message)?.[1];
}
