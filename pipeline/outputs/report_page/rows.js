// The records -> the rows of the table. A row is a number, or a page without any, or what could not be read.

const STATUSES = ["accepted", "rejected", "blank", "failed"];

function make(tag, className, text) {
  const element = document.createElement(tag);
  if (className) element.className = className;
  if (text !== undefined && text !== null) element.textContent = text; // never as HTML: file names are anybody's
  return element;
}

function draw(tag, attributes, parent) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  if (parent) parent.append(element);
  return element;
}

const byId = (id) => document.getElementById(id);
const formatCount = (count) => count.toLocaleString("en");
const formatPercent = (confidence) => (confidence * 100).toFixed(1);

function readPages() {
  return Array.from(document.querySelectorAll("script[type='application/json']"), (element, index) => {
    const page = JSON.parse(element.textContent);
    page.file = page.file.replace(/\p{Surrogate}/gu, "\ufffd"); // a byte of a name that is no text
    page.numbers = page.numbers.map(([text, confidence, status, reason, line, box], at) => (
      { text, confidence, status, reason, line, box, at }
    ));
    return Object.assign(page, { index, element, hasThumbnail: Boolean(page.size) && "thumbnail" in element.dataset });
  });
}

function makeRows(pages) {
  const rows = [];
  for (const page of pages) {
    if (page.error) rows.push(makeRow(page, null, "failed", page.error));
    else if (!page.numbers.length) rows.push(makeRow(page, null, "blank", null));
    else for (const number of page.numbers) rows.push(makeRow(page, number, number.status, null));
  }
  rows.forEach((row, index) => { row.index = index; });
  return rows;
}

function makeRow(page, number, status, error) {
  const text = number ? number.text : null;
  return {
    page,
    number,
    status,
    file: page.file,
    pageNumber: page.page,
    line: number ? number.line : null,
    text,
    value: number ? parseFloat(text.replace(/,/g, ".")) : null,
    confidence: number ? number.confidence : null,
    reason: error ? [error.message, error.hint].filter(Boolean).join("; ") : number && number.reason,
    searched: (page.file + "\n" + (text || "")).toLowerCase(),
  };
}

function countBy(items, key) {
  const counts = {};
  for (const item of items) counts[key(item)] = (counts[key(item)] || 0) + 1;
  return counts;
}

function showTotals(pages, rows) {
  const counts = countBy(rows, (row) => row.status);
  const [accepted, rejected, blank, failed] = STATUSES.map((status) => counts[status] || 0);
  const show = (id, totals) => {
    for (const [label, count] of Object.entries(totals)) {
      const box = make("div", count ? label : `${label} none`);
      box.append(make("dt", "", label), make("dd", "", formatCount(count)));
      byId(id).append(box);
    }
  };
  show("page-totals", { all: pages.length, read: pages.length - blank - failed, blank, failed });
  show("number-totals", { all: accepted + rejected, accepted, rejected });
  return { accepted, rejected, blank, failed };
}

// The crop of a number, null where the report has none. It has the digits' own pixels, as many as 64 of their height.
function makeCrop(page, number) {
  const base64 = (page.element.dataset.crops || "").split(" ")[number.at];
  if (!base64) return null;
  const picture = make("img", "crop");
  picture.src = `data:image/webp;base64,${base64}`;
  picture.alt = `${number.text} as it is written`;
  picture.decoding = "async";
  return picture;
}

// The page's picture with boxes over it, in the page's own pixels.
function drawPage(page, numbers, chosen, isLarge) {
  const [width, height] = page.size;
  const picture = make("img");
  const { thumbnail, picture: large } = page.element.dataset;
  picture.src = isLarge && large ? large : thumbnail;
  picture.alt = "";
  picture.decoding = "async";
  const overlay = draw("svg", { viewBox: `0 0 ${width} ${height}`, preserveAspectRatio: "none", "aria-hidden": "true" });
  for (const number of numbers) {
    const [left, top, right, bottom] = number.box;
    const around = 0.25 * (bottom - top); // the line does not lie on the ink
    draw("rect", {
      x: left - around,
      y: top - around,
      width: right - left + 2 * around,
      height: bottom - top + 2 * around,
      class: `${number.status}${number === chosen ? " chosen" : ""}`,
    }, overlay);
  }
  return [picture, overlay];
}
