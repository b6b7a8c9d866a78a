import { request } from 'node:http';
import { connect } from 'node:net';
import type { InstanceAddress } from '../runtime/runtime.ts';

/** P11: longest answer of one check. */
const CHECK_TIMEOUT_MS = 5_000;

export interface InstanceCheck {
  /** Null: accepting a TCP connection is enough. */
  readonly path: string | null;
  readonly hostName: string;
}

/** What a check found: fine, or why not. `refused`: nothing listens yet. */
export type InstanceCheckResult =
  | { readonly isOk: true }
  | { readonly isOk: false; readonly reason: string; readonly isRefused: boolean };

/** Asks the instance at its own address, never through the edge, where its predecessor would answer (P11). */
export function checkInstance(address: InstanceAddress, check: InstanceCheck): Promise<InstanceCheckResult> {
  return check.path === null ? checkTcp(address) : checkHttp(address, check.path, check.hostName);
}

function checkTcp({ host, port }: InstanceAddress): Promise<InstanceCheckResult> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: CHECK_TIMEOUT_MS });
    const end = (result: InstanceCheckResult) => {
      socket.destroy();
      resolve(result);
    };
    socket.once('connect', () => end({ isOk: true }));
    socket.once('timeout', () => end(failed('no TCP connection within 5 s')));
    socket.once('error', (error) => end(unreachable(error, port)));
  });
}

function checkHttp(
  { host, port }: InstanceAddress,
  path: string,
  hostName: string,
): Promise<InstanceCheckResult> {
  return new Promise((resolve) => {
    const call = request(
      {
        ...{ host, port, path, method: 'GET', agent: false },
        headers: { host: hostName, 'user-agent': 'ocpctl-health-check' },
        signal: AbortSignal.timeout(CHECK_TIMEOUT_MS),
      },
      (response) => {
        response.resume();
        const { statusCode = 0 } = response;
        const isOk = statusCode >= 200 && statusCode < 400;
        resolve(isOk ? { isOk } : failed(`GET ${path} answered ${statusCode}`));
      },
    );
    call.once('error', (error) =>
      resolve(
        error.name === 'AbortError' || error.name === 'TimeoutError'
          ? failed(`GET ${path} did not answer within 5 s`)
          : unreachable(error, port),
      ),
    );
    call.end();
  });
}

function failed(reason: string): InstanceCheckResult {
  return { isOk: false, reason, isRefused: false };
}

function unreachable(error: Error, port: number): InstanceCheckResult {
  const code = 'code' in error ? String(error.code) : error.message;
  if (code === 'ECONNREFUSED')
    return { isOk: false, reason: `nothing listens on PORT (${port})`, isRefused: true };
  return failed(`the connection failed: ${code}`);
}
