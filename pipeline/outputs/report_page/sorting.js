// The order of the table's rows.

// Sorting names by the rules of a language is slow, so each is compared once and has its place from then on.
function rankTexts(key, row) {
  if (!table.ranks[key]) {
    const collator = new Intl.Collator("en", { numeric: true });
    const texts = [...new Set(table.rows.map((each) => each[key]).filter(Boolean))].sort(collator.compare);
    table.ranks[key] = new Map(texts.map((text, rank) => [text, rank]));
  }
  return row[key] ? table.ranks[key].get(row[key]) : null;
}
function rankFiles(row) { return rankTexts("file", row); }
function rankReasons(row) { return rankTexts("reason", row); }

// Unless somebody sorts otherwise: what a person has to look at comes first.
const BY_DOUBT = ["rejected", "accepted", "failed", "blank"];
function compareDoubt(a, b) {
  return BY_DOUBT.indexOf(a.status) - BY_DOUBT.indexOf(b.status) || a.confidence - b.confidence || a.index - b.index;
}

// What has no value comes last, whichever way it is sorted; what is equal stays in the order of the pages.
function sortRows(rows, { sort, isDown }) {
  const column = COLUMNS.find((each) => each.key === sort);
  if (!column) return [...rows].sort(compareDoubt);
  const isMissing = (rank) => rank === null || rank === undefined || Number.isNaN(rank);
  const ranked = rows.map((row) => ({ row, rank: column.rank(row) }));
  const sign = isDown ? -1 : 1;
  ranked.sort((a, b) => isMissing(a.rank) - isMissing(b.rank) || sign * (a.rank - b.rank) || a.row.index - b.row.index);
  return ranked.map((each) => each.row);
}
