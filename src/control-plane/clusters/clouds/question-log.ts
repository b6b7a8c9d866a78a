import type { AskedQuestion } from '../../../contract/destroy-proof.ts';
import type { Clock } from '../../kernel/clock.ts';

/** What a read-back asked a cloud and when: each question once, with how often. */
export class QuestionLog {
  readonly #clock: Pick<Clock, 'now'>;
  readonly #asked = new Map<string, { times: number; firstAt: string; lastAt: string }>();

  constructor(clock: Pick<Clock, 'now'>) {
    this.#clock = clock;
  }

  record(question: string): void {
    const at = this.#clock.now().toISOString();
    const known = this.#asked.get(question);
    this.#asked.set(question, { times: (known?.times ?? 0) + 1, firstAt: known?.firstAt ?? at, lastAt: at });
  }

  asked(): AskedQuestion[] {
    return [...this.#asked]
      .map(([question, { times, firstAt, lastAt }]) => ({ question, times, firstAt, lastAt }))
      .sort((a, b) => (a.question < b.question ? -1 : 1));
  }
}
