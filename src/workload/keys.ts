import type { Random } from '../base/random.ts';
import { writeDecimal } from './template-field.ts';
import type { TemplateContext } from './templates.ts';
import { Template, TemplateBuffer } from './templates.ts';
import { Zipf } from './zipf.ts';

/** `sequence`, `uniform` and `zipf` give the decimal texts of 0..count-1 (n-1). */
export type KeySpec =
  | { readonly kind: 'none' }
  | { readonly kind: 'fixed'; readonly text: string }
  /** Message i of the group gets i mod count. */
  | { readonly kind: 'sequence'; readonly count: number }
  | { readonly kind: 'uniform'; readonly count: number }
  /** Key k has a probability proportional to (k+1)^-s. */
  | { readonly kind: 'zipf'; readonly n: number; readonly s: number }
  | { readonly kind: 'template'; readonly text: string };

export interface Keys {
  /** The key of message `index` of the group; the buffer is valid until the next call. */
  next(index: number): Buffer | null;
}

export function createKeys(spec: KeySpec, context: TemplateContext): Keys {
  switch (spec.kind) {
    case 'none':
      return { next: () => null };
    case 'fixed':
      return constantKey(spec.text);
    case 'template': {
      const template = new Template(spec.text, context);
      return template.isConstant ? constantKey(template.text(0)) : new TemplateBuffer(template);
    }
    case 'sequence':
      return numberedKeys(spec.count, (index) => index % spec.count);
    case 'uniform':
      return numberedKeys(spec.count, uniform(spec.count, context.random));
    case 'zipf': {
      const zipf = new Zipf(spec.n, spec.s, context.random);
      return numberedKeys(spec.n, () => zipf.next() - 1);
    }
  }
}

function constantKey(text: string): Keys {
  const key = Buffer.from(text);
  return { next: () => key };
}

function uniform(n: number, random: Random): () => number {
  if (n <= 2 ** 32) return () => random.below(n);
  return () => Math.floor(random.float() * n);
}

/** Up to this many keys are encoded once; more would cost memory (about 100 bytes each) for little. */
const PREPARED_KEYS = 16_384;

function numberedKeys(n: number, choose: (index: number) => number): Keys {
  if (!Number.isInteger(n) || n < 1) throw new RangeError(`keys: n is ${n}, not a positive whole number`);
  if (n <= PREPARED_KEYS) {
    const prepared = Array.from({ length: n }, (_, key) => Buffer.from(String(key)));
    return { next: (index) => prepared[choose(index)]! };
  }
  const bytes = Buffer.alloc(16);
  const views = Array.from({ length: bytes.length + 1 }, (_, length) => bytes.subarray(0, length));
  return { next: (index) => views[writeDecimal(bytes, 0, choose(index))]! };
}
