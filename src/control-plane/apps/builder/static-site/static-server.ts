import { createServer } from 'node:http';
import { siteListener } from './site-listener.ts';

/**
 * `node static-server.mjs DIRECTORY [--single]`: the program of a release of static files, and a part of it. It takes its address from PORT
 * and HOST, and ends when requests in progress are answered.
 */
const { PORT: port = '8080', HOST: host = '0.0.0.0' } = process.env;
const [directory = '.', ...flags] = process.argv.slice(2);
const server = createServer(siteListener({ directory, isSinglePage: flags.includes('--single') }));

const stop = () => {
  server.close();
  server.closeIdleConnections();
};
process.once('SIGTERM', stop).once('SIGINT', stop);
server.listen({ port: Number(port), host }, () => {
  process.stdout.write(`serving ${directory} on ${host}:${port}\n`);
});
