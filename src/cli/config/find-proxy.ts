import { ProxyFailure } from '../../client/proxy.ts';

/** In the order in which they count. */
const VARIABLES = ['https_proxy', 'HTTPS_PROXY', 'all_proxy', 'ALL_PROXY'];

const NOT_A_URL = 'not a URL; special characters of a password are percent-encoded, for example %23 for #';

/**
 * Finds the proxy for an HTTPS server in HTTPS_PROXY, ALL_PROXY and NO_PROXY of this process, in either case, as curl does. Servers
 * without TLS are reached directly.
 * @throws ProxyFailure for a variable without the URL of an HTTP proxy
 */
export async function proxyFor(server: URL): Promise<URL | undefined> {
  const variable = VARIABLES.find((name) => process.env[name]);
  const value = variable === undefined ? undefined : process.env[variable];
  if (server.protocol !== 'https:' || value === undefined) return undefined;
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
