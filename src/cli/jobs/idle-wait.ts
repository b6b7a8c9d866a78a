import type { Cluster } from '../../contract/documents.ts';
import { clockTime, longTime } from '../../render/format.ts';
import { clusterExpiresAt } from '../../render/keepalive.ts';
import { REMINDER_MS } from '../../render/progress/contact-lines.ts';
import type { Session } from '../session.ts';

/** Says what a wait is for while nothing happens to the cluster. */
export class IdleWait {
  readonly #session: Session;
  #text: string | undefined;
  #toldAt: Date | undefined;

  constructor(session: Session) {
    this.#session = session;
  }

  /** What the cluster is, if nothing happens to it; undefined while an operation runs. */
  get text(): string | undefined {
    return this.#text;
  }

  note(cluster: Cluster): void {
    const { name, status } = cluster;
    const now = this.#session.io.now();
    const expires = longTime(clusterExpiresAt(cluster), now);
    const isFirst = this.#text === undefined;
    this.#text = `no operation on ${name} is requested: it is ${status}, and expires at ${expires}`;
    if (isFirst) {
      this.#session.note(`Waiting: ${this.#text}. To destroy it now: 'ocpctl destroy ${name}'.`);
    } else if (this.#toldAt !== undefined && now.getTime() - this.#toldAt.getTime() >= REMINDER_MS) {
      this.#session.note(`${clockTime(now)} still ${status}, expires at ${expires}`);
    } else return;
    this.#toldAt = now;
  }

  end(): void {
    this.#text = undefined;
  }
}
