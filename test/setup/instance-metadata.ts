import { once } from 'node:events';
import { createServer } from 'node:http';

/** A stand-in for the instance metadata service of EC2 (IMDSv2): nothing without a token. */
export class InstanceMetadataServer {
  /** By path below `meta-data/`; what is not there is 404. */
  readonly values = new Map<string, string>();
  /** How many times a token was requested. */
  tokens = 0;
  isDown = false;
  readonly #server = createServer(({ method, url = '', headers }, response) => {
    if (this.isDown) return void response.writeHead(500).end();
    if (url === '/latest/api/token') {
      if (method !== 'PUT' || headers['x-aws-ec2-metadata-token-ttl-seconds'] === undefined)
        return void response.writeHead(400).end();
      this.tokens += 1;
      return void response.end(this.#token);
    }
    if (headers['x-aws-ec2-metadata-token'] !== this.#token) return void response.writeHead(401).end();
    const value = this.values.get(url.replace('/latest/meta-data/', ''));
    response.writeHead(value === undefined ? 404 : 200).end(value);
  });

  get #token(): string {
    return `token-${this.tokens}`;
  }

  static async start(): Promise<InstanceMetadataServer> {
    const metadata = new InstanceMetadataServer();
    metadata.#server.listen(0, '127.0.0.1');
    await once(metadata.#server, 'listening');
    return metadata;
  }

  get endpoint(): string {
    const { port } = this.#server.address() as { port: number };
    return `http://127.0.0.1:${port}`;
  }

  /** As if the token's time were over. */
  expireToken(): void {
    this.tokens += 1;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }
}
