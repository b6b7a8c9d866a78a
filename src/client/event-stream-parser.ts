export interface ServerSentEvent {
  /** The last `id` seen so far; empty before the first. */
  readonly id: string;
  /** `message` unless the server names it. */
  readonly event: string;
  readonly data: string;
}

/**
 * Parses `text/event-stream` from chunks of any size (HTML standard, section 9.2.6).
 * An incomplete message at the end of the stream is dropped.
 */
export class EventStreamParser {
  /** Reconnection delay requested by the server (`retry:`), in milliseconds. */
  retryMs: number | undefined;
  readonly #decoder = new TextDecoder();
  #line = '';
  #lineFeedMayFollow = false;
  #id = '';
  #event = '';
  #data: string[] = [];

  push(chunk: Uint8Array): ServerSentEvent[] {
    let text = this.#decoder.decode(chunk, { stream: true });
    if (text === '') return [];
    if (this.#lineFeedMayFollow && text.startsWith('\n')) text = text.slice(1);
    this.#lineFeedMayFollow = text === '' ? false : text.endsWith('\r');
    const lines = (this.#line + text).split(/\r\n|\r|\n/);
    this.#line = lines.pop() ?? '';
    return lines.flatMap((line) => this.#take(line) ?? []);
  }

  #take(line: string): ServerSentEvent | undefined {
    if (line === '') return this.#dispatch();
    const colon = line.indexOf(':');
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '');
    if (field === 'data') this.#data.push(value);
    else if (field === 'event') this.#event = value;
    else if (field === 'id' && !value.includes('\0')) this.#id = value;
    else if (field === 'retry' && /^\d+$/.test(value)) this.retryMs = Number(value);
    return undefined;
  }

  #dispatch(): ServerSentEvent | undefined {
    const message = { id: this.#id, event: this.#event || 'message', data: this.#data.join('\n') };
    const empty = this.#data.length === 0;
    this.#event = '';
    this.#data = [];
    return empty ? undefined : message;
  }
}
