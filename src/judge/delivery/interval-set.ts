// Up to 64 bytes a typed array costs no allocation of its own.
const firstCapacity = 8;

/**
 * A set of offsets as sorted disjoint ranges [from, to). Adding at the end and asking in ascending order are
 * constant time; both work in any order.
 */
export class IntervalSet {
  /** Offsets in the set. */
  size = 0;
  /** Ranges in the set. */
  ranges = 0;
  #from = new Float64Array(firstCapacity);
  #to = new Float64Array(firstCapacity);
  /** Where the last question was answered. */
  #at = 0;

  /** Adds [from, to) and returns how many of its offsets were there already. */
  add(from: number, to: number): number {
    if (to <= from) return 0;
    const last = this.ranges - 1;
    if (last < 0 || from > this.#to[last]!) {
      this.#insert(this.ranges, from, to);
      this.size += to - from;
      return 0;
    }
    if (from === this.#to[last]!) {
      this.#to[last] = to;
      this.size += to - from;
      return 0;
    }
    return this.#merge(from, to);
  }

  has(offset: number): boolean {
    if (this.ranges === 0) return false;
    let at = this.#at;
    if (at >= this.ranges || offset < this.#from[at]!) at = this.#search(offset);
    else if (offset >= this.#to[at]!) {
      // In ascending order the answer is here or in the next range.
      if (at + 1 >= this.ranges || offset < this.#from[at + 1]!) return false;
      at = offset < this.#to[at + 1]! ? at + 1 : this.#search(offset);
    }
    this.#at = Math.max(at, 0);
    return at >= 0 && offset < this.#to[at]!;
  }

  /** One past the highest offset; 0 where empty. */
  get end(): number {
    return this.ranges === 0 ? 0 : this.#to[this.ranges - 1]!;
  }

  /** Ranges in ascending order. */
  *entries(): Generator<readonly [from: number, to: number]> {
    for (let i = 0; i < this.ranges; i++) yield [this.#from[i]!, this.#to[i]!];
  }

  /** The first range of [from, to) that is in the set already; null where none is. */
  firstOverlap(from: number, to: number): readonly [from: number, to: number] | null {
    if (to <= from) return null;
    let i = Math.max(this.#search(from), 0);
    for (; i < this.ranges && this.#from[i]! < to; i++) {
      if (this.#to[i]! > from) return [Math.max(from, this.#from[i]!), Math.min(to, this.#to[i]!)];
    }
    return null;
  }

  #merge(from: number, to: number): number {
    // The first range that touches or follows `from`, and the first one beyond `to`.
    let first = this.#search(from);
    if (first < 0 || this.#to[first]! < from) first++;
    let next = first;
    let overlap = 0;
    let start = from;
    let end = to;
    while (next < this.ranges && this.#from[next]! <= to) {
      overlap += Math.max(0, Math.min(to, this.#to[next]!) - Math.max(from, this.#from[next]!));
      start = Math.min(start, this.#from[next]!);
      end = Math.max(end, this.#to[next]!);
      next++;
    }
    if (next === first) this.#insert(first, from, to);
    else {
      this.#from[first] = start;
      this.#to[first] = end;
      this.#from.copyWithin(first + 1, next, this.ranges);
      this.#to.copyWithin(first + 1, next, this.ranges);
      this.ranges -= next - first - 1;
    }
    this.size += to - from - overlap;
    return overlap;
  }

  /** The last range that begins at or before `offset`; −1 where none does. */
  #search(offset: number): number {
    let low = 0;
    let high = this.ranges;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#from[middle]! <= offset) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }

  #insert(index: number, from: number, to: number): void {
    if (this.ranges === this.#from.length) {
      this.#from = widen(this.#from);
      this.#to = widen(this.#to);
    }
    this.#from.copyWithin(index + 1, index, this.ranges);
    this.#to.copyWithin(index + 1, index, this.ranges);
    this.#from[index] = from;
    this.#to[index] = to;
    this.ranges++;
  }
}

function widen(values: Float64Array): Float64Array<ArrayBuffer> {
  const wider = new Float64Array(values.length * 2);
  wider.set(values);
  return wider;
}
