const token =
  /[ \t\r\n]*(?:("(?:[^"\\\p{Cc}]|[\u007f-\u009f]|\\["\\/bfnrt]|\\u[\da-f]{4})*")|(-?(?:0|[1-9]\d*)(?:\.\d+)?(?:e[+-]?\d+)?|true|false|null)|([{}[\],:]))/iuy;

type Expected = 'value' | 'value or ]' | 'key' | 'key or }' | ':' | ', or end' | 'end';

/**
 * Where a text that JSON.parse refuses stops being JSON: the place of the first token that cannot stand there. Node's
 * own message names a place only sometimes.
 */
export function misplacedToken(text: string): { readonly line: number; readonly column: number } {
  const before = text.slice(0, misplaced(text)).split('\n');
  return { line: before.length, column: before.at(-1)!.length + 1 };
}

function misplaced(text: string): number {
  const open: string[] = [];
  let expected: Expected = 'value';
  token.lastIndex = 0;
  for (;;) {
    const from = token.lastIndex;
    const match = token.exec(text);
    // The blanks before what is no token are not the mistake.
    if (!match) return from + /^[ \t\r\n]*/.exec(text.slice(from))![0].length;
    const [whole, string, scalar, sign] = match;
    const place = token.lastIndex - whole.trimStart().length;
    const next = follow(expected, string, scalar, sign, open);
    if (next === null) return place;
    expected = next;
  }
}

/** What may come behind a token; null: it may not stand here. */
function follow(
  expected: Expected,
  string: string | undefined,
  scalar: string | undefined,
  sign: string | undefined,
  open: string[],
): Expected | null {
  const behind = (): Expected => (open.length === 0 ? 'end' : ', or end');
  const value = expected === 'value' || expected === 'value or ]';
  if (string !== undefined) return value ? behind() : expected.startsWith('key') ? ':' : null;
  if (scalar !== undefined) return value ? behind() : null;
  const inList = open.at(-1) === '[';
  switch (sign) {
    case '{':
    case '[':
      if (!value) return null;
      open.push(sign);
      return sign === '{' ? 'key or }' : 'value or ]';
    case '}':
    case ']': {
      const allowed = expected === ', or end' || expected === (sign === '}' ? 'key or }' : 'value or ]');
      if (!allowed || inList !== (sign === ']')) return null;
      open.pop();
      return behind();
    }
    case ':':
      return expected === ':' ? 'value' : null;
    default:
      return expected !== ', or end' ? null : inList ? 'value' : 'key';
  }
}
