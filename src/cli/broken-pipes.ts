import { writeSync } from 'node:fs';
import { reasonOfSystemCall } from '../contract/system-error-hint.ts';
import { EXIT } from './errors/exit-codes.ts';

/** Exits quietly when the reader closes the pipe (`| head -1`), and says when the disk of the output is full. */
export function handleBrokenPipes(): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(0);
    writeSync(2, `Error: cannot write the output: ${reasonOfSystemCall(error) ?? error.message}\n`);
    process.exit(EXIT.error);
  });
  process.stderr.on('error', () => {});
}
