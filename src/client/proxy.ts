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
    this.proxy = typeof proxy === 'string' ? proxy : addressOf(proxy);
  }
}

/** In the order in which they count. */
const VARIABLES = ['https_proxy', 'HTTPS_PROXY', 'all_proxy', 'ALL_PROXY'];

/**
 * Finds the proxy for an HTTPS server in HTTPS_PROXY, ALL_PROXY and NO_PROXY of this process, in either case, as curl does. Servers
 * without TLS are reached directly.
 * @throws ProxyFailure for a variable without the URL of an HTTP proxy
 */
export async function proxyFor(server: URL): Promise<URL | undefined> {
  const variable = VARIABLES.find((name) => process.env[name]);
  const value = variable === undefined ? undefined : process.env[variable];
  if (server.protocol !== 'https:' || variable === undefined || value === undefined) return undefined;
  const { getProxyForUrl } = await import('proxy-from-env');
  if (getProxyForUrl(server.href) === '') return undefined;
  const text = value.includes('://') ? value : `http://${value}`;
  const proxy = URL.canParse(text) ? new URL(text) : undefined;
  // A password that is not percent-encoded can end the host, and be the port or the path. Nothing of the value is shown.
  if (
    proxy === undefined ||
    proxy.host === '' ||
    `${proxy.pathname}${proxy.search}${proxy.hash}`.includes('@')
  )
    throw new ProxyFailure(`of ${variable}`, NOT_A_URL, 'PROXY_INVALID');
  if (!['http:', 'https:'].includes(proxy.protocol))
    throw new ProxyFailure(proxy, 'only proxies with http:// or https:// are supported', 'PROXY_INVALID');
  return proxy;
}

const NOT_A_URL = 'not a URL; special characters of a password are percent-encoded, for example %23 for #';

/** Without credentials. The origin of other schemes than http and https is "null". */
export function addressOf(proxy: URL): string {
  return `${proxy.protocol}//${proxy.host}`;
}

/** An agent whose connections go through a proxy, by CONNECT. */
export async function proxyAgent(proxy: URL): Promise<Agent> {
  const { HttpsProxyAgent } = await import('https-proxy-agent');
  return new HttpsProxyAgent(proxy, { keepAlive: true });
}
