/** What a tool writes when the network or a registry failed, and not the source. */
const NETWORK: readonly RegExp[] = [
  // npm, pnpm, yarn.
  /\b(?:code|ERR!|error|ERR_PNPM\w*)\b.*\b(ECONNRESET|ECONNREFUSED|ETIMEDOUT|EAI_AGAIN|ENETUNREACH|EHOSTUNREACH|ERR_SOCKET_TIMEOUT|E50[0-9]|E429)\b/,
  /There appears to be trouble with your network connection/,
  // pip, uv.
  /(Failed to establish a new connection|Temporary failure in name resolution|Read timed out|Connection reset by peer|Connection refused)/,
  // go.
  /(dial tcp\b.*|proxyconnect tcp\b.*|TLS handshake timeout|i\/o timeout|connection reset by peer|unexpected status.* 50[0-9]|: 50[0-9] \w)/,
];
const DISK = /(ENOSPC|[Nn]o space left on device|EDQUOT|[Dd]isk quota exceeded)/;

/** Steps that use the network; a build of the user may write such words about something else. */
const USES_NETWORK = new Set(['install', 'tools', 'environment']);
/** Lines of tools that download during a build. */
const DOWNLOADS =
  /^go: |^Error: .*(initializing source|pinging container registry|reading manifest|copying image)/;

/** @returns the line that says that another attempt may succeed: the network or the disk is the cause; undefined when the source is */
export function passingFailureIn(step: string, lines: readonly string[]): string | undefined {
  return lines.findLast(
    (line) =>
      DISK.test(line) ||
      ((USES_NETWORK.has(step) || DOWNLOADS.test(line)) && NETWORK.some((pattern) => pattern.test(line))),
  );
}
