/** Events of a simulation in the order of their times (a binary heap). */
export class EventQueue {
  #heap = [];

  get size() {
    return this.#heap.length;
  }

  /** @param {number} at milliseconds of the simulation */
  add(at, run) {
    const heap = this.#heap;
    let place = heap.push({ at, run }) - 1;
    for (let parent = (place - 1) >> 1; place > 0 && heap[parent].at > at; parent = (place - 1) >> 1) {
      [heap[place], heap[parent]] = [heap[parent], heap[place]];
      place = parent;
    }
  }

  /** @returns {{at: number, run: () => unknown} | undefined} */
  next() {
    const heap = this.#heap;
    const first = heap[0];
    const last = heap.pop();
    if (heap.length === 0) return first;
    heap[0] = last;
    for (let place = 0; ; ) {
      const [left, right] = [2 * place + 1, 2 * place + 2];
      let least = place;
      if (left < heap.length && heap[left].at < heap[least].at) least = left;
      if (right < heap.length && heap[right].at < heap[least].at) least = right;
      if (least === place) return first;
      [heap[place], heap[least]] = [heap[least], heap[place]];
      place = least;
    }
  }
}

/** The same numbers for the same seed (mulberry32), so that two runs meet the same load. */
export function seededRandom(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
