/** The dark modules of each row as one SVG path, runs joined: `M4 4h7v1h-7z…`; `margin` modules stay free around. */
export function qrPath(rows: readonly (readonly boolean[])[], margin: number): string {
  let path = '';
  for (const [y, row] of rows.entries()) {
    let from = -1;
    for (let x = 0; x <= row.length; x++) {
      const dark = row[x] === true;
      if (dark && from < 0) from = x;
      if (dark || from < 0) continue;
      path += `M${from + margin} ${y + margin}h${x - from}v1h-${x - from}z`;
      from = -1;
    }
  }
  return path;
}
