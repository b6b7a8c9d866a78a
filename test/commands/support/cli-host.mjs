// Runs command lines of the built program one after another, each with arguments, environment, input, output and exit code of its own:
// what it saves is to start Node.js and to compile the program for each. It ends with its parent.
import { createRequire } from 'node:module';
import { Readable } from 'node:stream';
import { setImmediate as turn } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';

const require = createRequire(import.meta.url);
/** What process.exit throws: nothing that follows it may run. */
const ENDED = Symbol('process.exit');
const EMITTERS = [process, process.stdout, process.stderr];
const exit = process.exit.bind(process);
let endRun = () => {};
let runs = 0;

process.exit = (code) => {
  endRun({ code, isForced: true });
  throw ENDED;
};
process.on('unhandledRejection', endUnlessEnded);
process.on('uncaughtException', endUnlessEnded);
process.on('disconnect', () => exit());
process.on('message', (command) => void run(command));

/** An error that nothing caught ends this process, as it ends a command. */
function endUnlessEnded(error) {
  if (error === ENDED) return;
  process._rawDebug(error);
  exit(1);
}

async function run({ entry, argv, env, stdin }) {
  const listeners = EMITTERS.map(listenersOf);
  const output = { stdout: captured(process.stdout), stderr: captured(process.stderr) };
  setUp([process.execPath, entry, ...argv], env, stdin);
  const { code, isForced } = await started(entry);
  process.exitCode = undefined;
  const added = EMITTERS.map((emitter, index) => addedListeners(emitter, listeners[index]));
  const atExit = added[0].filter(([event]) => event === 'exit');
  for (const [, listener] of atExit) listener.call(process, code);
  for (const [index, list] of added.entries())
    for (const [event, listener] of list) EMITTERS[index].off(event, listener);
  // What only the end of a process clears must not reach the next command.
  const isUsed = atExit.length > 0 || (isForced && (await somethingLeft()));
  process.send({ code, stdout: output.stdout(), stderr: output.stderr(), isUsed }, () => isUsed && exit());
}

/** Resolves when the command calls process.exit, or when it has nothing to wait for any more. */
async function started(entry) {
  const ended = new Promise((resolve) => {
    endRun = resolve;
  });
  const onDrained = () => endRun({ code: undefined, isForced: false });
  process.once('beforeExit', onDrained);
  process.channel.unref();
  load(entry).catch(endUnlessEnded);
  const { code, isForced } = await ended;
  process.channel.ref();
  process.off('beforeExit', onDrained);
  endRun = () => {};
  return { code: Number(code ?? process.exitCode ?? 0), isForced };
}

async function load(entry) {
  if (entry.endsWith('.mjs')) {
    await import(`${pathToFileURL(entry)}?run=${++runs}`);
    return;
  }
  // The start of the program, which is anew in each process. What it loads stays.
  for (const name of Object.keys(require.cache))
    if (/\/(run\.js|start\.cjs)$/.test(name)) delete require.cache[name];
  require(entry);
}

function setUp(argv, env, stdin) {
  process.argv = argv;
  for (const name of Object.keys(process.env)) delete process.env[name];
  Object.assign(process.env, env);
  const value = Readable.from(stdin === '' ? [] : [Buffer.from(stdin)], { objectMode: false });
  Object.defineProperty(process, 'stdin', { value, configurable: true });
}

/** @returns what tells all that was written to the stream since */
function captured(stream) {
  const chunks = [];
  stream.write = (chunk, encoding, callback) => {
    chunks.push(
      typeof chunk === 'string'
        ? Buffer.from(chunk, typeof encoding === 'string' ? encoding : 'utf8')
        : chunk,
    );
    const done = typeof encoding === 'function' ? encoding : callback;
    if (done) process.nextTick(done);
    return true;
  };
  return () => Buffer.concat(chunks).toString();
}

function listenersOf(emitter) {
  return new Set(emitter.eventNames().flatMap((event) => emitter.rawListeners(event)));
}

function addedListeners(emitter, before) {
  return emitter
    .eventNames()
    .flatMap((event) => emitter.rawListeners(event).map((listener) => [event, listener]))
    .filter(([, listener]) => !before.has(listener));
}

/** Timers and connections that would have kept a process alive that process.exit ended. */
async function somethingLeft() {
  await turn();
  return process.getActiveResourcesInfo().some((name) => /Timeout|TCP|TLS|Process|FSEvent/.test(name));
}
