/** What a script may rely on. `ocpctl help exit-codes` prints this table. */
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
  interrupted: 130,
  terminated: 143,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

export const EXIT_CODE_MEANINGS: Readonly<Record<ExitCode, string>> = {
  0: 'done, or accepted',
  1: 'an error that has no code of its own',
  2: 'usage: a wrong flag or value, or a request that the server refuses as malformed or against policy (400, 422)',
  3: 'not found (404)',
  4: 'not authenticated (401)',
  5: 'a conflict with what exists, or a quota (409)',
  6: 'denied (403)',
  7: 'the server cannot be reached, or stays overloaded after retries (408, 429, 503)',
  8: 'still running when --timeout passed; the work goes on',
  10: 'the operation that was waited for failed',
  11: 'a check found problems',
  130: 'interrupted (Ctrl-C); what the server was asked to do goes on',
  143: 'terminated (SIGTERM); what the server was asked to do goes on',
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
  // What a proxy answers when nobody is behind it.
  502: EXIT.unreachable,
  503: EXIT.unreachable,
  504: EXIT.unreachable,
};

/** @returns the exit code for an HTTP status that the server refused a request with. */
export function exitCodeForStatus(status: number): ExitCode {
  return BY_STATUS[status] ?? EXIT.error;
}
