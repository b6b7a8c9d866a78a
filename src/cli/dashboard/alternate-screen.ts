import { writeSync } from 'node:fs';

const ENTER = '\u001b[?1049h\u001b[H';
const LEAVE = '\u001b[?1049l\u001b[?25h';

/**
 * Shows the second screen of the terminal, so that the first one is as it was afterwards.
 * @returns what restores it, once; it is restored on exit in any case, written synchronously, because nothing else runs then
 */
export function enterAlternateScreen(stream: NodeJS.WriteStream & { readonly fd: number }): () => void {
  let isShown = true;
  const leave = () => {
    if (!isShown) return;
    isShown = false;
    process.off('exit', leave);
    try {
      writeSync(stream.fd, LEAVE);
    } catch {
      // The terminal is gone.
    }
  };
  process.on('exit', leave);
  writeSync(stream.fd, ENTER);
  return leave;
}
