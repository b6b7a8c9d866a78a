import type { Agent } from 'node:http';

/** The proxy of a transport did not connect it to the server. */
export class ProxyFailure extends Error {
  readonly code: string;
  /** Without credentials; the variable, if it has no URL. */
  readonly proxy: string;

  constructor(proxy: URL | string, what: string, code: string, cause?: unknown) {
    super(what, cause === undefined ? undefined : { cause });
    this.name = 'ProxyFailure';
    this.code = code;
    this.proxy = typeof proxy === 'string' ? proxy : proxyAddress(proxy);
  }
}

/** Without credentials. The origin of other schemes than http and https is "null". */
export function proxyAddress(proxy: URL): string {
  return `${proxy.protocol}//${proxy.host}`;
}

/** An agent whose connections go through a proxy, by CONNECT. */
export async function proxyAgent(proxy: URL): Promise<Agent> {
  const { HttpsProxyAgent } = await import('https-proxy-agent');
  return new HttpsProxyAgent(proxy, { keepAlive: true });
}
