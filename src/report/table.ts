export type Alignment = 'left' | 'right';

/** Rows as aligned columns two spaces apart, without trailing blanks. Widths count code points. */
export function renderTable(
  rows: readonly (readonly string[])[],
  alignments: readonly Alignment[],
): string[] {
  const widths = alignments.map((_, column) => Math.max(0, ...rows.map((row) => width(row[column] ?? ''))));
  return rows.map((row) =>
    alignments
      .map((alignment, column) => {
        const cell = row[column] ?? '';
        const blanks = ' '.repeat(widths[column]! - width(cell));
        return alignment === 'right' ? blanks + cell : cell + blanks;
      })
      .join('  ')
      .trimEnd(),
  );
}

function width(text: string): number {
  return Array.from(text).length;
}
