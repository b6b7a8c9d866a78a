import { execFileSync, fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const NODE_FLAGS = ['--disable-warning=ExperimentalWarning'];

/** Starts a script of this folder. @returns the process, and the first message that it sends */
export async function start(script, ...args) {
  const path = fileURLToPath(new URL(script, import.meta.url));
  const child = fork(path, args.map(String), {
    execArgv: NODE_FLAGS,
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const [message] = await once(child, 'message');
  return { child, message };
}

/** One core each, so that the proxies and not their numbers of threads are compared; kept connections to the upstream; no access log. */
const PROXIES = {
  async ocpctl(upstreamPort) {
    const { child, message } = await start('./edge.mjs', upstreamPort);
    return { child, port: message };
  },
  async nginx(upstreamPort) {
    const port = await freePort();
    const folder = mkdtempSync(join(tmpdir(), 'bench-nginx-'));
    writeFileSync(
      join(folder, 'nginx.conf'),
      `daemon off; worker_processes 1; pid ${folder}/pid; error_log ${folder}/error.log;
       events { worker_connections 4096; }
       http { access_log off; client_body_temp_path ${folder}/b; proxy_temp_path ${folder}/p; fastcgi_temp_path ${folder}/f;
         uwsgi_temp_path ${folder}/u; scgi_temp_path ${folder}/s; keepalive_requests 1000000;
         upstream app { server 127.0.0.1:${upstreamPort}; keepalive 128; keepalive_requests 1000000; }
         server { listen 127.0.0.1:${port}; server_name bench.localhost;
           location / { proxy_pass http://app; proxy_http_version 1.1; proxy_set_header Connection ""; proxy_set_header Host $host;
             proxy_set_header X-Forwarded-For $remote_addr; proxy_set_header X-Forwarded-Proto $scheme; proxy_set_header X-Request-Id $request_id; } } }`,
    );
    return {
      child: spawn('nginx', ['-p', folder, '-c', join(folder, 'nginx.conf')], { stdio: 'ignore' }),
      port,
      folder,
    };
  },
  async caddy(upstreamPort) {
    const port = await freePort();
    const folder = mkdtempSync(join(tmpdir(), 'bench-caddy-'));
    writeFileSync(
      join(folder, 'Caddyfile'),
      `{\n admin off\n auto_https off\n}\nhttp://bench.localhost:${port} {\n bind 127.0.0.1\n reverse_proxy 127.0.0.1:${upstreamPort} {\n  transport http {\n   keepalive_idle_conns_per_host 128\n  }\n }\n}\n`,
    );
    const child = spawn('caddy', ['run', '--config', join(folder, 'Caddyfile'), '--adapter', 'caddyfile'], {
      stdio: 'ignore',
      env: { ...process.env, GOMAXPROCS: '1', XDG_DATA_HOME: folder, XDG_CONFIG_HOME: folder },
    });
    return { child, port, folder };
  },
};

/** @returns the version, or undefined when the program is not installed */
export function versionOf(program) {
  try {
    const flag = program === 'nginx' ? '-v' : 'version';
    // nginx prints it as an error.
    const output = execFileSync('sh', ['-c', `${program} ${flag} 2>&1`], { encoding: 'utf8' });
    return /\d+\.\d+\.\d+/.exec(output)?.[0];
  } catch {
    return undefined;
  }
}

export async function startProxy(name, upstreamPort) {
  const { child, port, folder } = await PROXIES[name](upstreamPort);
  await accepting(port);
  return {
    port,
    cpuMs: () => cpuMs(child.pid),
    async stop() {
      const closed = once(child, 'close');
      child.kill();
      await closed;
      if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}

async function accepting(port) {
  for (let tries = 0; tries < 100; tries++) {
    const socket = connect(port, '127.0.0.1');
    const answer = await Promise.race([
      once(socket, 'connect').then(
        () => true,
        () => false,
      ),
    ]);
    socket.destroy();
    if (answer) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`nothing listens at port ${port}`);
}

/** CPU that a process and its children, such as nginx's worker, have used. Linux only; NaN elsewhere. */
function cpuMs(pid) {
  if (process.platform !== 'linux') return Number.NaN;
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8')
    .trim()
    .split(' ')
    .filter(Boolean);
  return [pid, ...children].reduce((sum, each) => {
    const stat = readFileSync(`/proc/${each}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return sum + (Number(fields[11]) + Number(fields[12])) * 10;
  }, 0);
}
