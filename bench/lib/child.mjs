import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** Runs a script of the benchmarks in a process of its own, so that none pays for the garbage of another. @returns the JSON that it prints last */
export async function measureIn(script, spec) {
  const child = spawn(
    process.execPath,
    [
      '--disable-warning=ExperimentalWarning',
      fileURLToPath(new URL(`../${script}`, import.meta.url)),
      JSON.stringify(spec),
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (chunk) => {
    output += chunk;
  });
  const [code] = await once(child, 'close');
  if (code !== 0) throw new Error(`${script} ${JSON.stringify(spec)} exited with ${code}: ${output}`);
  return JSON.parse(output.trim().split('\n').at(-1));
}
