import type { Micros } from './clock.ts';

/** Each parser returns the value, or undefined where the text is not of its form. */

/** What each takes, the unit last: for its parser, and as pattern for editors. */
export const unitForms = {
  duration: /^(\d+(?:\.\d+)?)\s*(us|ms|s|m|h)$/,
  size: /^(\d+(?:\.\d+)?)\s*(B|KB|kB|MB|GB|KiB|MiB|GiB)?$/,
  count: /^(\d+(?:\.\d+)?)(k|M|G)?$/,
  rate: /^(\d+(?:\.\d+)?)(k|M|G)?\s*\/\s*(s|m|h)$/,
  bytesPerSecond: /^(\d+(?:\.\d+)?)\s*(B|KB|kB|MB|GB|KiB|MiB|GiB)?\s*\/\s*s$/,
  share: /^(\d+(?:\.\d+)?)\s*(%)?$/,
} as const;

const durationUnits: Record<string, number> = { us: 1, ms: 1e3, s: 1e6, m: 60e6, h: 3600e6 };

/** `500ms 10s 2m 1h` (fractions allowed) → microseconds. */
export function parseDuration(text: string): Micros | undefined {
  return scaled(text, unitForms.duration, durationUnits);
}

const sizeUnits: Record<string, number> = {
  B: 1,
  KB: 1e3,
  kB: 1e3,
  MB: 1e6,
  GB: 1e9,
  KiB: 2 ** 10,
  MiB: 2 ** 20,
  GiB: 2 ** 30,
};

/** `100 100B 1KiB 1MB` → bytes. MB means 10^6 bytes, MiB 2^20. */
export function parseSize(text: string | number): number | undefined {
  if (typeof text === 'number') return Number.isInteger(text) && text >= 0 ? text : undefined;
  const value = scaled(text, unitForms.size, sizeUnits);
  return value === undefined ? undefined : Math.round(value);
}

const countUnits: Record<string, number> = { k: 1e3, M: 1e6, G: 1e9 };

/** `1000 10k 1M` → a whole number. */
export function parseCount(text: string | number): number | undefined {
  if (typeof text === 'number') return Number.isInteger(text) && text >= 0 ? text : undefined;
  const value = scaled(text, unitForms.count, countUnits);
  return value !== undefined && Number.isInteger(value) ? value : undefined;
}

const perUnits: Record<string, number> = { s: 1, m: 60, h: 3600 };

/** `2/s 5000/s 300/m 5k/s` → per second. */
export function parseRate(text: string): number | undefined {
  const amount = scaled(text, unitForms.rate, countUnits);
  return amount === undefined ? undefined : amount / perUnits[text.trim().at(-1)!]!;
}

/** `10MB/s 512KiB/s` → bytes per second. */
export function parseBytesPerSecond(text: string): number | undefined {
  const value = scaled(text, unitForms.bytesPerSecond, sizeUnits);
  return value === undefined ? undefined : Math.round(value);
}

function scaled(text: string, form: RegExp, units: Record<string, number>): number | undefined {
  const match = form.exec(text.trim());
  if (!match) return undefined;
  const value = Number(match[1]) * (match[2] === undefined ? 1 : units[match[2]]!);
  return Number.isFinite(value) ? value : undefined;
}

/** Three significant digits, never an exponent: 0.0123, 0.123, 1.23, 12.3, 123, 1 234; no more than 6 decimals. */
export function formatNumber(value: number): string {
  if (!Number.isFinite(value)) return '-';
  // Rounded first: 99.96 is 100, not 100.0.
  const size = Math.abs(Number(value.toPrecision(3)));
  if (size >= 100 || Number.isInteger(value)) {
    return Math.round(value)
      .toString()
      .replace(/\B(?=(\d{3})+$)/g, ' ');
  }
  return value.toFixed(Math.min(6, 2 - Math.floor(Math.log10(size))));
}

/** Microseconds as a person reads them: `850 µs`, `1.23 ms`, `12.0 s`, `2m 5s`. */
export function formatDuration(micros: Micros): string {
  if (micros < 0) return `-${formatDuration(-micros)}`;
  if (micros < 999.5) return `${Math.round(micros)} µs`;
  if (micros < 999.5e3) return `${formatNumber(micros / 1e3)} ms`;
  if (micros < 59.95e6) return `${formatNumber(micros / 1e6)} s`;
  const seconds = Math.round(micros / 1e6);
  return seconds < 3600
    ? `${Math.floor(seconds / 60)}m ${seconds % 60}s`
    : `${Math.floor(seconds / 3600)}h ${Math.floor((seconds % 3600) / 60)}m`;
}

export function formatRate(perSecond: number): string {
  return `${formatNumber(perSecond)}/s`;
}

/** Bytes with both readings of "mega" kept apart: MB is 10^6. */
export function formatBytes(bytes: number): string {
  if (bytes < 999.5) return `${formatNumber(bytes)} B`;
  if (bytes < 999.5e3) return `${formatNumber(bytes / 1e3)} KB`;
  if (bytes < 999.5e6) return `${formatNumber(bytes / 1e6)} MB`;
  return `${formatNumber(bytes / 1e9)} GB`;
}

export function formatBytesPerSecond(bytesPerSecond: number): string {
  return `${formatNumber(bytesPerSecond / 1e6)} MB/s (${formatNumber(bytesPerSecond / 2 ** 20)} MiB/s)`;
}
