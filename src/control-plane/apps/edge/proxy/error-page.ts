import { STATUS_CODES } from 'node:http';
import type { EdgeRoute } from '../edge-state.ts';

/** Why the edge answers itself; says nothing of addresses, upstreams or errors of them. */
export type EdgeAnswer =
  | 'bad-request'
  | 'no-such-host'
  | 'request-timeout'
  | 'body-too-large'
  | 'bad-gateway'
  | 'overloaded'
  | 'unavailable'
  | 'stopped'
  | 'not-deployed'
  | 'crashed'
  | 'gateway-timeout';

interface AnswerText {
  readonly status: number;
  readonly text: string;
  readonly retryAfterSeconds?: number;
}

const ANSWERS: Readonly<Record<EdgeAnswer, AnswerText>> = {
  'bad-request': { status: 400, text: 'The request names no host, or more than one.' },
  'no-such-host': { status: 404, text: 'There is no application at this host name.' },
  'request-timeout': { status: 408, text: 'The body of the request did not arrive in time.' },
  'body-too-large': { status: 413, text: 'The body of the request is larger than the application accepts.' },
  'bad-gateway': { status: 502, text: 'The application did not give a valid answer.' },
  overloaded: {
    status: 503,
    text: 'The application has as many requests in progress as it may have.',
    retryAfterSeconds: 1,
  },
  unavailable: {
    status: 503,
    text: 'No instance of the application is ready at the moment.',
    retryAfterSeconds: 5,
  },
  stopped: { status: 503, text: 'The application is stopped.', retryAfterSeconds: 60 },
  'not-deployed': {
    status: 503,
    text: 'The application has no release that runs yet.',
    retryAfterSeconds: 5,
  },
  crashed: {
    status: 503,
    text: 'The application has crashed. It starts again when it is restarted or deployed.',
    retryAfterSeconds: 60,
  },
  'gateway-timeout': { status: 504, text: 'The application did not answer in time.' },
};

export interface ErrorPage {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** @returns why a route without upstreams has none */
export function unavailableAnswer({ unavailable }: EdgeRoute): EdgeAnswer {
  return unavailable ?? 'unavailable';
}

/** @param accept of the request: HTML for browsers, a problem document (RFC 9457) for all others */
export function errorPage(answer: EdgeAnswer, requestId: string, accept: string | undefined): ErrorPage {
  const { status, text, retryAfterSeconds } = ANSWERS[answer];
  const title = STATUS_CODES[status] ?? 'Error';
  const isHtml = accept?.includes('text/html') === true;
  const body = isHtml
    ? `<!doctype html><html lang="en"><meta charset="utf-8"><title>${status} ${title}</title>` +
      `<body><h1>${status} ${title}</h1><p>${text}</p><p>Request <code>${requestId}</code></p></body></html>\n`
    : `${JSON.stringify({ type: 'about:blank', title, status, detail: text, code: answer, requestId })}\n`;
  return {
    status,
    headers: {
      'content-type': isHtml ? 'text/html; charset=utf-8' : 'application/problem+json',
      'content-length': String(Buffer.byteLength(body)),
      'cache-control': 'no-store',
      'x-request-id': requestId,
      'x-content-type-options': 'nosniff',
      ...(retryAfterSeconds === undefined ? {} : { 'retry-after': String(retryAfterSeconds) }),
    },
    body,
  };
}
