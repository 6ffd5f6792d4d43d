/**
 * Whether a number, as it is written, is the number that JavaScript makes of it: 12345678901234567890 would be sent as
 * 12345678901234567000. Decimals (`12`, `1.50`, `1e3`), and YAML's 0x and 0o.
 */
export function isExact(written: string, value: number): boolean {
  if (/^0[xo]/i.test(written)) return Number.isFinite(value) && BigInt(written) === BigInt(value);
  const exact = digitsOf(written);
  return exact === null || exact === digitsOf(String(value));
}

/** Significant digits and their exponent: the same for every spelling of a number; null for what is no decimal. */
function digitsOf(text: string): string | null {
  const match = /^([+-]?)(\d*)\.?(\d*)(?:e([+-]?\d+))?$/i.exec(text.trim());
  if (!match || match[2]! + match[3]! === '') return null;
  const [, sign, whole = '', fraction = '', exponent = '0'] = match;
  const digits = (whole + fraction).replace(/^0+/, '');
  const significant = digits.replace(/0+$/, '');
  if (significant === '') return '0';
  const scale = Number(exponent) - fraction.length + digits.length - significant.length;
  return `${sign === '-' ? '-' : ''}${significant}e${scale}`;
}

/** Whole numbers in a text of JSON that JavaScript would change. */
export function inexactIntegers(json: string): string[] {
  // Strings first, so that digits within them are not taken for numbers.
  const numbers = json.matchAll(/"(?:[^"\\]|\\.)*"|(-?\d+)(?![\d.eE])/g);
  return [...numbers].flatMap(([, text]) =>
    text !== undefined && !isExact(text, Number(text)) ? [text] : [],
  );
}
