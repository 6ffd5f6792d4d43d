/** The 64 characters that `${random:text:n}` draws from (workload/template-field.ts). */
const characters = '0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_-';

/**
 * What a JSON template gives for a first, a middle and a last message: numbers at the ends of their ranges and in
 * between. The same template gives the same samples.
 * @param messages how many are sent; undefined where time decides
 */
export function sampleValues(template: string, producer: string, messages = 1e6): string[] {
  const last = Math.max(0, messages - 1);
  return [0, 0.5, 1].map((part) =>
    template.replace(/\$\{([^}]*)\}/g, (whole, placeholder: string) => {
      if (placeholder === 'seq') return String(Math.floor(last * part));
      if (placeholder === 'uuid') return '9f1c2b3a-4d5e-4f60-8a7b-0c1d2e3f4a5b';
      if (placeholder === 'now') return '2026-01-02T03:04:05.678Z';
      if (placeholder === 'producer') return producer;
      const [, kind, low, high] = placeholder.split(':');
      if (kind === 'int') return String(Math.floor(Number(low) + (Number(high) - Number(low)) * part));
      if (kind === 'text') return randomText(Number(low), Math.floor(part * 37));
      return whole;
    }),
  );
}

function randomText(length: number, from: number): string {
  return characters.repeat(Math.ceil((from + length) / characters.length)).slice(from, from + length);
}
