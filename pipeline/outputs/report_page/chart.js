// The histogram of confidence: accepted and rejected numbers on one another, a click on a bar filters by it.

const N_BINS = 20;
const CHART = { height: 190, left: 64, right: 10, top: 10, bottom: 40 };

function countBins(rows) {
  const bins = Array.from({ length: N_BINS }, () => ({ accepted: 0, rejected: 0 }));
  for (const row of rows) {
    if (row.number) bins[Math.min(N_BINS - 1, Math.floor(row.confidence * N_BINS + 1e-9))][row.status] += 1;
  }
  return bins;
}

// A bin's range in percent, both ends in it: confidence has two decimals in percent.
function findRange(index) {
  const step = 100 / N_BINS;
  return { from: index * step, to: index === N_BINS - 1 ? 100 : (index + 1) * step - 0.01 };
}

function roundUp(count) {
  const power = 10 ** Math.floor(Math.log10(Math.max(count, 1)));
  const tops = [10, 12, 14, 16, 20, 30, 40, 60, 80, 100].map((tenths) => (tenths * power) / 10);
  return tops.find((top) => top >= count && top % 2 === 0); // half of it is written, too
}

function chartWidth(holder) {
  return Math.max(260, holder.clientWidth);
}

function drawChart(holder, bins, onChoose) {
  const width = chartWidth(holder);
  const chart = draw("svg", {
    width, height: CHART.height, viewBox: `0 0 ${width} ${CHART.height}`, role: "group", "aria-label": "Histogram of confidence",
  });
  const top = roundUp(Math.max(...bins.map((bin) => bin.accepted + bin.rejected)));
  const scale = {
    top,
    x: (share) => CHART.left + share * (width - CHART.left - CHART.right),
    y: (count) => CHART.top + (1 - count / top) * (CHART.height - CHART.top - CHART.bottom),
  };
  drawHatching(chart);
  drawAxes(chart, scale);
  bins.forEach((bin, index) => drawBin(chart, scale, bin, index, onChoose));
  holder.replaceChildren(chart);
}

function drawHatching(chart) {
  const pattern = draw("pattern", {
    id: "hatching", width: 5, height: 5, patternUnits: "userSpaceOnUse", patternTransform: "rotate(45)",
  }, draw("defs", {}, chart));
  draw("rect", { width: 5, height: 5, class: "rejected" }, pattern);
  draw("rect", { width: 1.5, height: 5, class: "gap" }, pattern);
}

function drawAxes(chart, scale) {
  const write = (x, y, text, attributes = {}) => {
    draw("text", { x, y, "text-anchor": "middle", ...attributes }, chart).textContent = text;
  };
  for (const count of [0, scale.top / 2, scale.top]) {
    const y = scale.y(count);
    draw("line", { x1: scale.x(0), x2: scale.x(1), y1: y, y2: y, class: "grid" }, chart);
    write(scale.x(0) - 6, y + 4, formatCount(count), { "text-anchor": "end" });
  }
  for (const percent of [0, 20, 40, 60, 80, 100]) write(scale.x(percent / 100), scale.y(0) + 15, percent);
  write(scale.x(0.5), CHART.height - 6, "confidence, %", { class: "axis" });
  const middle = scale.y(scale.top / 2);
  write(10, middle, "numbers", { class: "axis", transform: `rotate(-90 10 ${middle})` });
}

function drawBin(chart, scale, bin, index, onChoose) {
  const total = bin.accepted + bin.rejected;
  const { from, to } = findRange(index);
  const label = `${from} to ${Math.round(to)} %: ${bin.accepted} accepted, ${bin.rejected} rejected`;
  const group = draw("g", { class: "bin", "data-index": index, role: "button", "aria-label": label }, chart);
  group.setAttribute("tabindex", total ? 0 : -1);
  draw("title", {}, group).textContent = label;
  const [left, right] = [scale.x(index / N_BINS), scale.x((index + 1) / N_BINS)];
  draw("rect", { x: left, y: CHART.top, width: right - left, height: scale.y(0) - CHART.top, class: "area" }, group);
  let bottom = scale.y(0);
  for (const status of ["rejected", "accepted"]) {
    if (!bin[status]) continue;
    const height = Math.max(1.5, scale.y(0) - scale.y(bin[status])); // one among thousands is still seen
    bottom -= height;
    draw("rect", { x: left + 1, y: bottom, width: right - left - 2, height, class: status }, group);
  }
  group.addEventListener("click", () => onChoose(index));
  group.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" && event.key !== " ") return;
    event.preventDefault();
    onChoose(index);
  });
}

// Bins outside of the range that is filtered by are pale.
function markRange(holder, from, to) {
  for (const group of holder.querySelectorAll(".bin")) {
    const range = findRange(Number(group.dataset.index));
    const isIn = range.from <= to && range.to >= from;
    group.classList.toggle("out", !isIn);
    group.setAttribute("aria-pressed", String(isIn && (from > 0 || to < 100)));
  }
}
