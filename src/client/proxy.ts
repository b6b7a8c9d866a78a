import type { Agent } from 'node:http';

/** The proxy of a transport did not connect it to the server. */
export class ProxyFailure extends Error {
  readonly code: string;
  /** Without credentials. */
  readonly proxy: string;

  constructor(proxy: URL | string, what: string, code: string, cause?: unknown) {
    super(what, cause === undefined ? undefined : { cause });
    this.name = 'ProxyFailure';
    this.code = code;
    this.proxy = typeof proxy === 'string' ? proxy : proxy.origin;
  }
}

const VARIABLES = ['https_proxy', 'all_proxy'];

/**
 * Finds the proxy for an HTTPS server in HTTPS_PROXY, ALL_PROXY and NO_PROXY, in either case, as curl does. Servers without TLS are
 * reached directly.
 * @param env of this process, which is read
 * @throws ProxyFailure for a variable that is not a URL
 */
export async function proxyFor(server: URL, env: NodeJS.ProcessEnv): Promise<URL | undefined> {
  const values = Object.keys(env)
    .filter((name) => VARIABLES.includes(name.toLowerCase()))
    .map((name) => env[name] ?? '')
    .filter((value) => value !== '');
  if (server.protocol !== 'https:' || values.length === 0) return undefined;
  const { getProxyForUrl } = await import('proxy-from-env');
  const found = getProxyForUrl(server.href);
  if (found === '') return undefined;
  // The package takes a proxy without a scheme for one with TLS.
  const proxy = values.some((value) => found === `https://${value}`)
    ? found.replace('https:', 'http:')
    : found;
  if (!URL.canParse(proxy)) throw new ProxyFailure(proxy, 'not a URL', 'PROXY_INVALID');
  return new URL(proxy);
}

/** An agent whose connections go through a proxy, by CONNECT. */
export async function proxyAgent(proxy: URL): Promise<Agent> {
  const { HttpsProxyAgent } = await import('https-proxy-agent');
  return new HttpsProxyAgent(proxy, { keepAlive: true });
}
