/** Stable: scripts match on these. `ocpctl help exit-codes` prints the table. */
export const EXIT = {
  ok: 0,
  error: 1,
  usage: 2,
  notFound: 3,
  unauthenticated: 4,
  conflict: 5,
  denied: 6,
  unreachable: 7,
  stillRunning: 8,
  operationFailed: 10,
  problemsFound: 11,
  programNotFound: 127,
  interrupted: 130,
  terminated: 143,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

export const EXIT_CODE_MEANINGS: Readonly<Record<ExitCode, string>> = {
  0: 'success, or request accepted',
  1: 'general error',
  2: 'usage error: invalid flag or value, or a request that is invalid or violates a policy (400, 422)',
  3: 'not found (404)',
  4: 'not authenticated (401)',
  5: 'conflict or quota exceeded (409)',
  6: 'denied (403)',
  7: 'server, or the database of the server, unreachable, or still overloaded after retries (408, 429, 503)',
  8: "still running when --timeout passed; the operation continues, but 'ocpctl run' destroys its cluster",
  10: 'the awaited operation failed',
  11: 'a check found problems',
  127: "the command of 'ocpctl run' was not found; the code of a command that ran is that of 'ocpctl run'",
  130: "interrupted (Ctrl-C); operations on the server continue, but 'ocpctl run' destroys its cluster",
  143: "terminated (SIGTERM); operations on the server continue, but 'ocpctl run' destroys its cluster",
};

const BY_STATUS: Readonly<Record<number, ExitCode>> = {
  400: EXIT.usage,
  401: EXIT.unauthenticated,
  403: EXIT.denied,
  404: EXIT.notFound,
  408: EXIT.unreachable,
  409: EXIT.conflict,
  413: EXIT.usage,
  414: EXIT.usage,
  415: EXIT.usage,
  422: EXIT.usage,
  429: EXIT.unreachable,
  431: EXIT.usage,
  // Responses of a proxy without a backend.
  502: EXIT.unreachable,
  503: EXIT.unreachable,
  504: EXIT.unreachable,
};

/** @returns the exit code for an HTTP error status. */
export function exitCodeForStatus(status: number): ExitCode {
  return BY_STATUS[status] ?? EXIT.error;
}
