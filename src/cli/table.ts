import { renderTable } from '../report/table.ts';

/** Rows aligned under a header; a column whose cells are all numbers is aligned right. */
export function table(header: readonly string[], rows: readonly (readonly (string | number)[])[]): string[] {
  return renderTable(
    [header, ...rows].map((row) => row.map(String)),
    header.map((_, column) =>
      rows.length > 0 && rows.every((row) => typeof row[column] === 'number') ? 'right' : 'left',
    ),
  );
}
