interface Event {
  readonly at: number;
  readonly order: number;
  readonly run: () => void;
}

/** The simulated clock, in seconds: events run in the order of their times, and of their making where those are equal. */
export class Clock {
  now = 0;
  private made = 0;
  private readonly heap: Event[] = [];

  at(time: number, run: () => void): void {
    const { heap } = this;
    const event = { at: Math.max(time, this.now), order: this.made++, run };
    let place = heap.length;
    heap.push(event);
    while (place > 0) {
      const parent = (place - 1) >> 1;
      const above = heap[parent] as Event;
      if (!before(event, above)) break;
      heap[place] = above;
      place = parent;
    }
    heap[place] = event;
  }

  after(seconds: number, run: () => void): void {
    this.at(this.now + seconds, run);
  }

  /** Runs every event up to a time. */
  runUntil(end: number): void {
    for (;;) {
      const first = this.heap[0];
      if (!first || first.at > end) break;
      this.removeFirst();
      this.now = first.at;
      first.run();
    }
    this.now = end;
  }

  private removeFirst(): void {
    const { heap } = this;
    const last = heap.pop() as Event;
    if (heap.length === 0) return;
    let place = 0;
    for (;;) {
      let child = 2 * place + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && before(heap[child + 1] as Event, heap[child] as Event)) child++;
      if (!before(heap[child] as Event, last)) break;
      heap[place] = heap[child] as Event;
      place = child;
    }
    heap[place] = last;
  }
}

function before(one: Event, other: Event): boolean {
  return one.at < other.at || (one.at === other.at && one.order < other.order);
}
