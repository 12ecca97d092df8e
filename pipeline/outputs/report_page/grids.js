// The tables of pages, and the fields of forms: real tables of rows and columns, a few at a time.

const N_GRIDS = 10;
const N_FORMS = 50;
const grids = { sheets: [], at: 0 };

function listSheets(pages) {
  const sheets = [];
  for (const page of pages) (page.tables || []).forEach((grid, index) => sheets.push(() => makeGrid(page, grid, index)));
  const forms = new Map();
  for (const page of pages) {
    if (page.form) forms.set(page.form[0], [...(forms.get(page.form[0]) || []), page]);
  }
  for (const own of [...forms.keys()].sort((a, b) => a - b).map((key) => forms.get(key))) {
    for (let start = 0; start < own.length; start += N_FORMS) sheets.push(() => makeForms(own.slice(start, start + N_FORMS), start));
  }
  return sheets;
}

function makeSheet(title, opener) {
  const table = make("table", "sheet");
  const caption = make("caption", "", title);
  if (opener) caption.append(" ", opener);
  table.append(caption);
  return table;
}

function namePage(page) {
  return page.page > 1 ? `${page.file}, page ${page.page}` : page.file;
}

function makeOpener(page, text) {
  if (!page.hasThumbnail) return text ? document.createTextNode(text) : "";
  const button = make("button", "opener", text || "Show the page");
  button.type = "button";
  if (!text) button.setAttribute("aria-label", `Show the page ${namePage(page)}`);
  button.addEventListener("click", () => openLightbox([page], page, null));
  return button;
}

function makeHead(text, scope) {
  const head = make("th", "", text);
  head.scope = scope;
  return head;
}

// The text of a cell, and where it is doubtful a ?, its reason, and what is written.
function fillCell(cell, page, { text, status, reason, numbers }) {
  if (status === "rejected") {
    cell.className = "rejected";
    cell.append(make("b", "", `${text}?`));
    for (const number of numbers.map((at) => page.numbers[at]).filter(Boolean)) {
      const crop = makeCrop(page, number);
      if (crop) cell.append(crop);
    }
    if (reason) cell.append(make("small", "", reason));
  } else cell.textContent = text;
  return cell;
}

function makeGrid(page, [nRows, nColumns, cells], index) {
  const count = page.tables.length > 1 ? `, table ${index + 1}` : "";
  const table = makeSheet(namePage(page) + count, makeOpener(page));
  const heads = make("tr");
  heads.append(makeHead("row", "col"));
  for (let column = 1; column <= nColumns; column += 1) heads.append(makeHead(column, "col"));
  const lines = Array.from({ length: nRows }, (_, row) => {
    const line = make("tr");
    line.append(makeHead(row + 1, "row"));
    return line;
  });
  for (const [row, column, down, across, text, status, numbers] of [...cells].sort((a, b) => a[0] - b[0] || a[1] - b[1])) {
    const cell = make("td");
    if (down > 1) cell.rowSpan = down;
    if (across > 1) cell.colSpan = across;
    cell.dataset.place = `${row} ${column}`;
    lines[row - 1].append(fillCell(cell, page, { text, status, numbers }));
  }
  table.append(make("thead"), make("tbody"));
  table.tHead.append(heads);
  table.tBodies[0].append(...lines);
  return table;
}

function makeForms(pages, start) {
  const names = pages[0].form[3].map(([name]) => name);
  const table = makeSheet(`Fields of page ${pages[0].form[0]} of the form, ${formatCount(start + 1)} to ${formatCount(start + pages.length)}`);
  const heads = make("tr");
  heads.append(...["page", "status", ...names].map((name) => makeHead(name, "col")));
  table.append(make("thead"), make("tbody"));
  table.tHead.append(heads);
  for (const page of pages) {
    const [, status, reason, fields] = page.form;
    const line = make("tr");
    const head = makeHead("", "row");
    head.append(makeOpener(page, namePage(page)));
    const state = make("td");
    state.append(make("span", `badge ${status}`, status), make("small", "", reason));
    line.append(head, state);
    for (const [, text, , own, why, numbers] of fields) {
      line.append(fillCell(make("td"), page, { text, status: own, reason: why, numbers }));
    }
    table.tBodies[0].append(line);
  }
  return table;
}

function showSheets(at) {
  const n = Math.max(1, Math.ceil(grids.sheets.length / N_GRIDS));
  grids.at = Math.max(0, Math.min(at, n - 1));
  const shown = grids.sheets.slice(grids.at * N_GRIDS, (grids.at + 1) * N_GRIDS).map((draw, index) => {
    const holder = make("div", "scroll");
    const table = draw();
    holder.append(table);
    Object.assign(holder, { tabIndex: 0, role: "region", ariaLabel: `${grids.at * N_GRIDS + index + 1}: ${table.caption.firstChild.textContent}` });
    return holder;
  });
  byId("sheets").replaceChildren(...shown);
  byId("sheets-place").textContent = `${formatCount(grids.at + 1)} of ${formatCount(n)}`;
  byId("sheets-previous").disabled = grids.at === 0;
  byId("sheets-next").disabled = grids.at >= n - 1;
  byId("sheets-paging").hidden = n === 1;
}

function startGrids(pages) {
  grids.sheets = listSheets(pages);
  if (!grids.sheets.length) return;
  byId("grids").hidden = byId("to-grids").hidden = false;
  byId("grids-title").textContent = pages.some((page) => page.tables) ? "Tables" : "Fields";
  byId("to-grids").textContent = `${byId("grids-title").textContent} \u2193`;
  byId("to-grids").addEventListener("click", () => byId("grids").scrollIntoView());
  byId("sheets-previous").addEventListener("click", () => showSheets(grids.at - 1));
  byId("sheets-next").addEventListener("click", () => showSheets(grids.at + 1));
  window.addEventListener("beforeprint", () => byId("sheets").replaceChildren(...grids.sheets.slice(0, MOST_PRINTED).map((draw) => draw())));
  window.addEventListener("afterprint", () => showSheets(grids.at));
  showSheets(0);
}
