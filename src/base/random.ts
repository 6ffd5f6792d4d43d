/** A source of uniform numbers; everything random in a run is drawn from one recorded seed. */
export interface Random {
  /** Uniform 32-bit unsigned integer. */
  uint32(): number;
  /** Uniform in [0, 1) with 53 bits. */
  float(): number;
  /** Uniform integer in [0, bound), bound ≤ 2^32; unbiased. */
  below(bound: number): number;
}

/**
 * sfc32 (Chris Doty-Humphrey, PractRand), 128 bits of state, seeded through splitmix32, so that neighbouring
 * seeds give unrelated streams. `stream` names the user of the numbers (a producer's client, its keys …):
 * adding one never shifts another.
 */
export function seededRandom(seed: number, stream = ''): Random {
  let mix = seed >>> 0;
  const splitmix = (): number => {
    mix = (mix + 0x9e3779b9) | 0;
    let z = mix ^ (mix >>> 16);
    z = Math.imul(z, 0x21f0aaad);
    z ^= z >>> 15;
    z = Math.imul(z, 0x735a2d97);
    return (z ^ (z >>> 15)) >>> 0;
  };
  // Mixed in after a step, so that 2^32 is not the same seed as 1.
  const high = Math.floor(seed / 2 ** 32) >>> 0;
  if (high > 0) mix = (splitmix() ^ high) >>> 0;
  for (let i = 0; i < stream.length; i++) mix = (splitmix() ^ stream.charCodeAt(i)) >>> 0;

  let a = splitmix() | 0;
  let b = splitmix() | 0;
  let c = splitmix() | 0;
  let d = 1;
  const uint32 = (): number => {
    const t = (((a + b) | 0) + d) | 0;
    d = (d + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (c << 21) | (c >>> 11);
    c = (c + t) | 0;
    return t >>> 0;
  };
  for (let i = 0; i < 12; i++) uint32();

  return {
    uint32,
    float: () => ((uint32() >>> 5) * 2 ** 26 + (uint32() >>> 6)) / 2 ** 53,
    below(bound) {
      // Rejection of the incomplete last interval keeps every value equally likely.
      const limit = 2 ** 32 - (2 ** 32 % bound);
      let value = uint32();
      while (value >= limit) value = uint32();
      return value % bound;
    },
  };
}
