import { createServer } from 'node:net';

/** What a proxy forwards to: answers each request at once, at as little cost as a process can, so that the proxies are what is measured. */
const BODY = 'x'.repeat(200);
const ANSWER = Buffer.from(
  `HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ndate: Thu, 01 Jan 2026 00:00:00 GMT\r\ncontent-length: ${BODY.length}\r\n\r\n${BODY}`,
);
const END = Buffer.from('\r\n\r\n');

const server = createServer({ noDelay: true }, (socket) => {
  socket.on('error', () => {});
  socket.on('data', (chunk) => {
    // Proxies send the head of a request at once, and no body.
    for (let at = chunk.indexOf(END); at >= 0; at = chunk.indexOf(END, at + END.length)) socket.write(ANSWER);
  });
});
server.listen(0, '127.0.0.1', () => process.send?.(server.address().port));
process.on('disconnect', () => process.exit());
