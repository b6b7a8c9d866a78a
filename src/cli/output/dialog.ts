import type { Interface } from 'node:readline';
import { printable } from '../../contract/escape.ts';
import { cut, pad, textWidth } from '../../render/text-width.ts';
import { InterruptedError } from '../errors/cli-error.ts';
import type { Io } from './io.ts';
import { lineCells } from './terminal.ts';

export interface Choice {
  readonly value: string;
  /** Shown after the value, in columns. */
  readonly cells: readonly string[];
}

/**
 * Several questions on a terminal. Lists are numbered, and answered by a number or the value itself: that works with screen readers, and
 * without a terminal that can move its cursor.
 */
export class Dialog {
  readonly #io: Io;
  readonly #lines: Interface;
  /** What was typed before it was asked for. */
  readonly #typed: string[] = [];
  #waiting: { readonly resolve: (line: string) => void; readonly reject: (error: Error) => void } | undefined;
  #end: InterruptedError | undefined;

  private constructor(io: Io, lines: Interface, interrupted: string) {
    this.#io = io;
    this.#lines = lines;
    lines.on('line', (line) => {
      if (this.#waiting === undefined) this.#typed.push(line);
      else this.#waiting.resolve(line);
      this.#waiting = undefined;
    });
    lines.once('SIGINT', () => lines.close());
    // Also Ctrl-D, and a terminal that is gone.
    lines.once('close', () => {
      this.#end = new InterruptedError('SIGINT', interrupted);
      this.#waiting?.reject(this.#end);
    });
  }

  /** @param interrupted the message of Ctrl-C */
  static async open(io: Io, interrupted: string): Promise<Dialog> {
    const { createInterface } = await import('node:readline');
    const lines = createInterface({ input: io.stdin, output: io.stderr, terminal: true });
    return new Dialog(io, lines, interrupted);
  }

  close(): void {
    this.#lines.close();
  }

  say(text: string): void {
    this.#io.stderr.write(`${text}\n`);
  }

  /** @returns the answer without surrounding blanks @throws InterruptedError on Ctrl-C and at the end of the input */
  async ask(question: string): Promise<string> {
    const typed = this.#typed.shift();
    if (typed !== undefined) {
      this.say(`${question}${typed}`);
      return typed.trim();
    }
    this.#lines.setPrompt(question);
    this.#lines.prompt();
    try {
      const line = await new Promise<string>((resolve, reject) => {
        if (this.#end === undefined) this.#waiting = { resolve, reject };
        else reject(this.#end);
      });
      return line.trim();
    } catch (error) {
      this.say('');
      throw error;
    }
  }

  /**
   * Asks until an answer is valid.
   * @param parse the value of an answer, or what is wrong with it
   */
  async askUntil<T>(
    question: string,
    parse: (answer: string) => { readonly value: T } | { readonly problem: string },
  ): Promise<T> {
    for (;;) {
      const parsed = parse(await this.ask(question));
      if ('value' in parsed) return parsed.value;
      this.say(`  ${printable(parsed.problem)}`);
    }
  }

  /**
   * Shows a numbered list. @param fallback the value for an empty answer
   * @param other reads an answer that is neither a number nor a value of the list
   */
  async choose(
    title: string,
    choices: readonly Choice[],
    {
      fallback,
      prompt = 'Number or name',
      other,
    }: {
      readonly fallback?: string;
      readonly prompt?: string;
      readonly other?: (answer: string) => { readonly value: string } | { readonly problem: string };
    } = {},
  ): Promise<string> {
    this.say(title);
    for (const line of choiceLines(choices, lineCells(this.#io.stderr) ?? 80)) this.say(line);
    const question = `${prompt}${fallback === undefined ? '' : ` [${fallback}]`}: `;
    return this.askUntil(question, (answer) => {
      if (answer === '' && fallback !== undefined) return { value: fallback };
      const value = (choices[Number(answer) - 1] ?? choices.find((choice) => choice.value === answer))?.value;
      if (value !== undefined) return { value };
      if (other !== undefined && answer !== '' && !/^\d+$/.test(answer)) return other(answer);
      return { problem: `type a number from 1 to ${choices.length}, or the value` };
    });
  }

  /** What was typed or pasted before the question does not answer it. @param fallback the value for an empty answer */
  confirm(question: string, fallback: boolean): Promise<boolean> {
    this.#typed.length = 0;
    return this.askUntil(`${question} [${fallback ? 'Y/n' : 'y/N'}] `, (answer) => {
      if (answer === '') return { value: fallback };
      if (/^y(es)?$/i.test(answer)) return { value: true };
      if (/^no?$/i.test(answer)) return { value: false };
      return { problem: 'type y or n' };
    });
  }
}

/** Lines of a numbered list, each cut to the width of the terminal. */
function choiceLines(choices: readonly Choice[], columns: number): string[] {
  const rows = choices.map(({ value, cells }, index) => [`${index + 1})`, value, ...cells].map(printable));
  const count = Math.max(...rows.map((cells) => cells.length));
  const widths = Array.from({ length: count }, (_, column) =>
    Math.max(...rows.map((cells) => textWidth(cells[column] ?? ''))),
  );
  return rows.map((cells) => {
    const line = cells.map((cell, index) => pad(cell, widths[index] ?? 0)).join('  ');
    return cut(`  ${line}`.trimEnd(), columns - 1);
  });
}
