/**
 * Files of an application that `AppsLoad` can use without anything installed: `/` answers its version and its process, `/stream` takes a
 * second, `/ws` is a WebSocket that sends "hello" back.
 */
export function loadProgram(version: string): Readonly<Record<string, string>> {
  return {
    'package.json': JSON.stringify({ name: 'load', private: true, scripts: { start: 'node server.js' } }),
    'app.yaml': 'health: { path: /healthz }',
    'server.js': `
      const { createHash } = require('node:crypto');
      const server = require('node:http').createServer((request, response) => {
        if (request.url !== '/stream') return response.end('${version} ' + process.pid);
        let parts = 10;
        const timer = setInterval(() => {
          if (parts-- > 0) return response.write('.');
          clearInterval(timer);
          response.end('end');
        }, 100);
        response.on('close', () => clearInterval(timer));
      });
      server.on('upgrade', ({ headers }, socket) => {
        const key = headers['sec-websocket-key'] + '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';
        const accept = createHash('sha1').update(key).digest('base64');
        socket.on('error', () => {});
        socket.on('end', () => socket.end());
        socket.write('HTTP/1.1 101 Switching Protocols\\r\\nUpgrade: websocket\\r\\nConnection: Upgrade\\r\\n' +
          'Sec-WebSocket-Accept: ' + accept + '\\r\\n\\r\\n');
        socket.on('data', (frame) => {
          if ((frame[0] & 15) === 8) socket.end(Buffer.from([0x88, 2, 3, 0xe9]));
          else socket.write(Buffer.from([0x81, 5, ...Buffer.from('hello')]));
        });
      });
      server.listen(Number(process.env.PORT), '127.0.0.1');
    `,
  };
}
