// The program of the instances in the conformance suite. What it does is asked for over HTTP, or by BEHAVIOUR where it has no port.
import { spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { networkInterfaces } from 'node:os';

const { PORT, BEHAVIOUR = '' } = process.env;

const say = (text) => process.stdout.write(`${text}\n`);

const routes = {
  '/': () => ({
    env: process.env,
    pid: process.pid,
    uid: process.getuid(),
    addresses: Object.values(networkInterfaces())
      .flat()
      .filter(({ internal, family }) => !internal && family === 'IPv4')
      .map(({ address }) => address),
    cwd: process.cwd(),
    argv: process.argv.slice(2),
  }),
  '/exit': ({ code }) => setTimeout(() => process.exit(Number(code)), 10) && {},
  '/hog': () => setTimeout(hog, 10) && {},
  // In a session of its own, with a parent that ends.
  '/leave': ({ env = 'keep' }) => {
    const script = 'setsid sleep 1000 & echo $!';
    const shell = spawn('sh', ['-c', script], {
      env: env === 'keep' ? process.env : { PATH: process.env.PATH },
    });
    return new Promise((resolve) => shell.stdout.once('data', (pid) => resolve({ pid: Number(pid) })));
  },
  '/spawn': async ({ count }) => {
    const results = await Promise.all(Array.from({ length: Number(count) }, startSleep));
    return { started: results.filter(Boolean).length };
  },
  '/print': ({ text, times = '1', length = text.length }) => {
    for (let line = 0; line < Number(times); line++) say(text.padEnd(Number(length), text));
    return {};
  },
  '/write': ({ path, text }) => attempt(() => writeFileSync(path, text)),
  '/read': ({ path }) => attempt(() => readFileSync(path, 'utf8')),
  '/fetch': async ({ url }) => {
    try {
      const answer = await fetch(url, { signal: AbortSignal.timeout(2_000) });
      return { status: answer.status };
    } catch (error) {
      return { error: String(error.cause?.code ?? error.name) };
    }
  },
};

function attempt(work) {
  try {
    return { result: work() ?? null };
  } catch (error) {
    return { error: error.code };
  }
}

function hog() {
  const kept = [];
  for (;;) kept.push(Buffer.alloc(4 * 1024 * 1024, 1));
}

function startSleep() {
  return new Promise((resolve) => {
    const child = spawn('sleep', ['1000']);
    child.once('spawn', () => resolve(true));
    child.once('error', () => resolve(false));
  });
}

process.on('SIGTERM', () => {
  say('SIGTERM');
  if (BEHAVIOUR !== 'ignore-sigterm') process.exit(7);
});
say(`started ${process.pid}`);
process.stderr.write('to stderr\n');
if (BEHAVIOUR.startsWith('exit ')) process.exit(Number(BEHAVIOUR.slice(5)));
if (PORT === undefined) setInterval(() => {}, 1_000);
else {
  const server = createServer(async (request, response) => {
    const { pathname, searchParams } = new URL(request.url, 'http://instance');
    const route = routes[pathname];
    const result = route === undefined ? undefined : await route(Object.fromEntries(searchParams));
    response.statusCode = route === undefined ? 404 : 200;
    response.end(JSON.stringify(result ?? null));
  });
  server.listen(Number(PORT), process.env.LISTEN_HOST, () => say(`listens on ${PORT}`));
}
