export type Alignment = 'left' | 'right';

/** Rows as aligned columns two spaces apart, without trailing blanks. Widths count code points. */
export function renderTable(
  rows: readonly (readonly string[])[],
  alignments: readonly Alignment[],
): string[] {
  const widths = alignments.map((_, column) =>
    Math.max(0, ...rows.map((row) => textWidth(row[column] ?? ''))),
  );
  return rows.map((row) =>
    alignments
      .map((alignment, column) => {
        const cell = row[column] ?? '';
        const blanks = ' '.repeat(widths[column]! - textWidth(cell));
        return alignment === 'right' ? blanks + cell : cell + blanks;
      })
      .join('  ')
      .trimEnd(),
  );
}

/** In code points. */
export function textWidth(text: string): number {
  return Array.from(text).length;
}
