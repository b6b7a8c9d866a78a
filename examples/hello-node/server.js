import { createServer } from 'node:http';
import { nanoid } from 'nanoid';

/** Tells replicas and releases apart. */
const instance = nanoid(6);

const server = createServer((request, response) => {
  if (request.url === '/healthz') response.end('ok\n');
  else response.end(`Hello from Node.js ${process.version}, instance ${instance}\n`);
});

server.listen(Number(process.env.PORT ?? 3000), process.env.HOST ?? '0.0.0.0');
process.once('SIGTERM', () => {
  server.close();
  server.closeIdleConnections();
});
