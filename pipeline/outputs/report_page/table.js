// The table: filter, sort, leaf through, keep all of that in the address, download what is shown.

const COLUMNS = [
  { key: "picture", label: "Picture" },
  { key: "file", label: "File", text: (row) => row.file, rank: rankFiles },
  { key: "page", label: "Page", text: (row) => row.pageNumber, rank: (row) => row.pageNumber },
  { key: "line", label: "Line", text: (row) => row.line, rank: (row) => row.line },
  { key: "crop", label: "As written" },
  { key: "number", label: "Number", text: (row) => row.text, rank: (row) => row.value },
  { key: "confidence", label: "Confidence", text: (row) => row.confidence, rank: (row) => row.confidence },
  { key: "status", label: "Status", text: (row) => row.status, rank: (row) => STATUSES.indexOf(row.status) },
  { key: "reason", label: "Reason", text: (row) => row.reason, rank: rankReasons },
];
const FRESH = { search: "", statuses: STATUSES, from: 0, to: 100, sort: "", isDown: false, at: 0, size: 50 };
const MOST_PRINTED = 1000;
const table = { pages: [], rows: [], shown: [], bins: [], state: { ...FRESH }, ranks: {} };

function matches(row, { search, statuses, from, to }) {
  if (!statuses.includes(row.status)) return false;
  if (search && !row.searched.includes(search.toLowerCase())) return false;
  if (from <= 0 && to >= 100) return true;
  const percent = row.number ? Math.round(row.confidence * 1e4) / 100 : -1;
  return percent >= from && percent <= to;
}

function update(change) {
  Object.assign(table.state, { at: 0 }, change);
  const { state } = table;
  table.shown = sortRows(table.rows.filter((row) => matches(row, state)), state);
  state.at = Math.max(0, Math.min(state.at, Math.ceil(table.shown.length / state.size) - 1));
  showState();
  showRows(state.at * state.size, state.size);
  saveState();
}

function showRows(start, size) {
  const rows = table.shown.slice(start, start + size);
  byId("rows").replaceChildren(...rows.map(makeLine));
  const total = formatCount(table.rows.length);
  const of = table.shown.length === table.rows.length ? `${total} rows` : `${formatCount(table.shown.length)} of ${total} rows`;
  const order = table.state.sort ? "" : ", the most doubtful first";
  byId("count").textContent = rows.length
    ? `${of} shown${order}; here ${formatCount(start + 1)} to ${formatCount(start + rows.length)}`
    : `${of} shown`;
}

function makeLine(row) {
  const line = make("tr", row.status);
  line.setAttribute("role", "row");
  const cells = COLUMNS.map(({ key, label }) => {
    const cell = make("td", key);
    cell.setAttribute("role", "cell");
    cell.dataset.label = label;
    line.append(cell);
    return cell;
  });
  const [picture, file, page, number, crop, text, confidence, status, reason] = cells;
  if (row.page.hasThumbnail) picture.append(makeThumbnail(row));
  const cut = row.file.lastIndexOf("/") + 1;
  file.append(make("span", "folder", row.file.slice(0, cut)), make("wbr"), make("span", "name", row.file.slice(cut)));
  if (row.page.note) file.append(make("small", "", row.page.note));
  page.textContent = row.pageNumber;
  number.textContent = row.line;
  if (row.number) crop.append(makeCrop(row.page, row.number) || "");
  text.textContent = row.text;
  if (row.number) confidence.append(makeMeter(row));
  status.append(make("span", `badge ${row.status}`, row.status));
  reason.textContent = row.reason;
  return line;
}

function makeThumbnail(row) {
  const button = make("button", "thumbnail");
  button.type = "button";
  button.setAttribute("aria-label", `Show ${row.file}${row.page.page > 1 ? `, page ${row.page.page}` : ""} large`);
  button.append(...drawPage(row.page, row.number ? [row.number] : [], row.number));
  button.addEventListener("click", () => {
    const pages = [...new Set(table.shown.map((each) => each.page))].filter((page) => page.hasThumbnail);
    openLightbox(pages, row.page, row.number);
  });
  return button;
}

function makeMeter(row) {
  const holder = make("span", "meter", formatPercent(row.confidence));
  const bar = make("i", row.status);
  bar.style.width = `${row.confidence * 100}%`;
  holder.append(make("span", "unit", " %"), make("span", "track"));
  holder.lastChild.append(bar);
  return holder;
}

function showState() {
  const { state, shown } = table;
  const set = (id, value) => { if (document.activeElement !== byId(id)) byId(id).value = value; };
  set("search", state.search);
  set("from", state.from > 0 ? state.from : "");
  set("to", state.to < 100 ? state.to : "");
  byId("size").value = state.size;
  for (const box of document.querySelectorAll("#statuses input")) box.checked = state.statuses.includes(box.value);
  for (const head of document.querySelectorAll("#heads th[data-key]")) {
    const direction = state.isDown ? "descending" : "ascending";
    head.setAttribute("aria-sort", head.dataset.key === state.sort ? direction : "none");
  }
  const n = Math.max(1, Math.ceil(shown.length / state.size));
  byId("place").textContent = `${formatCount(state.at + 1)} of ${formatCount(n)}`;
  for (const id of ["first", "previous"]) byId(id).disabled = state.at === 0;
  for (const id of ["next", "last"]) byId(id).disabled = state.at >= n - 1;
  byId("download").disabled = !shown.length;
  markRange(byId("bars"), state.from, state.to);
}

function saveState() {
  const { state } = table;
  const parameters = new URLSearchParams();
  if (state.search) parameters.set("search", state.search);
  if (state.statuses.length < STATUSES.length) parameters.set("status", state.statuses.join("."));
  if (state.from > 0) parameters.set("from", state.from);
  if (state.to < 100) parameters.set("to", state.to);
  if (state.sort) parameters.set("sort", (state.isDown ? "-" : "") + state.sort);
  if (state.size !== FRESH.size) parameters.set("size", state.size);
  if (state.at) parameters.set("at", state.at + 1);
  if (parameters.toString() !== location.hash.slice(1)) history.replaceState(null, "", `#${parameters}`);
}

function readState() {
  const parameters = new URLSearchParams(location.hash.slice(1));
  const read = (name, otherwise) => (Number.isFinite(parseFloat(parameters.get(name))) ? parseFloat(parameters.get(name)) : otherwise);
  const sort = parameters.get("sort") || "";
  const sizes = Array.from(byId("size").options, (option) => Number(option.value));
  return {
    search: parameters.get("search") || "",
    statuses: parameters.has("status") ? STATUSES.filter((each) => parameters.get("status").split(".").includes(each)) : STATUSES,
    from: read("from", 0),
    to: read("to", 100),
    sort: COLUMNS.some((each) => each.rank && each.key === sort.replace(/^-/, "")) ? sort.replace(/^-/, "") : "",
    isDown: sort.startsWith("-"),
    size: sizes.includes(read("size", 0)) ? read("size", 0) : FRESH.size,
    at: Math.trunc(read("at", 1)) - 1,
  };
}

// A name that begins as a formula does would be one in a spreadsheet; with ./ before it, it is the same name and text.
function formatCell(key, value) {
  const text = value === null || value === undefined ? "" : String(value);
  const safe = key === "number" || !/^[=+\-@\t\r]./.test(text) ? text : (key === "file" ? "./" : " ") + text;
  return /[",;\n\r\t]/.test(safe) ? `"${safe.replace(/"/g, '""')}"` : safe;
}

function download() {
  const columns = COLUMNS.filter((column) => column.text);
  const lines = table.shown.map((row) => columns.map(({ key, text }) => formatCell(key, text(row))).join(","));
  const csv = ["\ufeff" + columns.map((column) => column.key).join(","), ...lines, ""].join("\r\n");
  const link = make("a");
  link.href = URL.createObjectURL(new Blob([csv], { type: "text/csv" }));
  link.download = "numbers.csv";
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}

function makeHeads() {
  for (const { key, label, rank } of COLUMNS) {
    const head = make("th", key);
    head.scope = "col";
    head.setAttribute("role", "columnheader");
    if (rank) {
      head.dataset.key = key;
      const button = make("button", "", label);
      button.type = "button";
      button.addEventListener("click", () => update({ sort: key, isDown: table.state.sort === key && !table.state.isDown }));
      head.append(button);
    } else head.append(make("span", "", label));
    byId("heads").append(head);
  }
}

function makeStatuses(counts) {
  for (const status of STATUSES) {
    const label = make("label", `chip ${status}`);
    const box = make("input");
    Object.assign(box, { type: "checkbox", value: status, checked: true });
    box.addEventListener("change", () => {
      const checked = new Set(Array.from(document.querySelectorAll("#statuses input:checked"), (each) => each.value));
      update({ statuses: STATUSES.filter((each) => checked.has(each)) });
    });
    label.append(box, make("span", "", status), make("small", "", formatCount(counts[status])));
    byId("statuses").append(label);
  }
}

function chooseBin(index) {
  const { from, to } = findRange(index);
  const isChosen = table.state.from === from && table.state.to === to;
  update(isChosen ? { from: 0, to: 100 } : { from, to });
}

function listen() {
  const on = (id, event, act) => byId(id).addEventListener(event, act);
  const read = (id, otherwise) => (byId(id).value === "" ? otherwise : Number(byId(id).value));
  on("search", "input", () => update({ search: byId("search").value.trim() }));
  on("from", "input", () => update({ from: read("from", 0) }));
  on("to", "input", () => update({ to: read("to", 100) }));
  on("reset", "click", () => update({ ...FRESH, size: table.state.size }));
  on("download", "click", download);
  on("size", "change", () => update({ size: Number(byId("size").value) }));
  on("first", "click", () => leaf(0));
  on("previous", "click", () => leaf(table.state.at - 1));
  on("next", "click", () => leaf(table.state.at + 1));
  on("last", "click", () => leaf(Infinity));
  window.addEventListener("hashchange", () => update(readState()));
  window.addEventListener("beforeprint", () => showRows(0, MOST_PRINTED));
  window.addEventListener("afterprint", () => update({ at: table.state.at }));
  new ResizeObserver(showChart).observe(byId("bars"));
}

function leaf(at) {
  update({ at });
  byId("numbers").scrollIntoView();
}

// Drawing again would take the focus from a bar: only another width is a reason.
function showChart() {
  const chart = byId("bars").querySelector("svg");
  if (chart && Number(chart.getAttribute("width")) === chartWidth(byId("bars"))) return;
  drawChart(byId("bars"), table.bins, chooseBin);
  markRange(byId("bars"), table.state.from, table.state.to);
}

function start() {
  table.pages = readPages();
  table.rows = makeRows(table.pages);
  table.bins = countBins(table.rows);
  makeHeads();
  makeStatuses(showTotals(table.pages, table.rows));
  startLightbox();
  startGrids(table.pages);
  listen();
  update(readState());
}

start();
