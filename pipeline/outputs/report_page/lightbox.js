// One page, large, with all that was read on it. Arrow keys go to the next page of those in the table; Esc closes. A
// click on the page shows it pixel by pixel, around the chosen number.

const LETTER_PX = 13;
const lightbox = { pages: [], at: 0, chosen: null, isZoomed: false };

function openLightbox(pages, page, chosen) {
  Object.assign(lightbox, { pages, at: pages.indexOf(page), chosen });
  byId("lightbox").showModal();
  byId("lightbox").focus(); // not a button, which is perhaps switched off on the first page or the last
  showPage();
}

function showPage() {
  const page = lightbox.pages[lightbox.at];
  const name = page.page > 1 ? `${page.file}, page ${page.page}` : page.file;
  byId("shown-name").textContent = name;
  byId("shown-place").textContent = `${formatCount(lightbox.at + 1)} of ${formatCount(lightbox.pages.length)}`;
  byId("shown-previous").disabled = lightbox.at === 0;
  byId("shown-next").disabled = lightbox.at === lightbox.pages.length - 1;
  const [picture, overlay] = drawPage(page, page.numbers, lightbox.chosen, true);
  picture.alt = `The page ${name}`;
  picture.addEventListener("load", fitPage);
  byId("frame").replaceChildren(picture, overlay);
  byId("shown-numbers").replaceChildren(...(page.numbers.length ? page.numbers.map((each) => listNumber(page, each)) : [make("li", "", "no numbers")]));
  const current = byId("shown-numbers").querySelector("[aria-current]");
  if (current) current.scrollIntoView({ block: "nearest" });
  fitPage();
}

function listNumber(page, number) {
  const item = make("li", number.status);
  if (number === lightbox.chosen) item.setAttribute("aria-current", "true");
  item.append(make("b", "", number.text), make("span", "", `${formatPercent(number.confidence)} %`));
  item.append(make("em", "", number.reason || number.status));
  const crop = makeCrop(page, number);
  if (crop) item.append(crop);
  return item;
}

// As large as there is room for, or zoomed as large as its pixels; then the texts, whose size on the screen does not
// depend on the page's.
function fitPage() {
  if (!byId("lightbox").open) return;
  const page = lightbox.pages[lightbox.at];
  const [width, height] = page.size;
  const stage = byId("stage");
  const frame = byId("frame");
  byId("shown-zoom").setAttribute("aria-pressed", String(lightbox.isZoomed));
  stage.classList.toggle("zoomed", lightbox.isZoomed);
  const fitting = Math.min((stage.clientWidth - 8) / width, (stage.clientHeight - 8) / height);
  const pixels = frame.querySelector("img").naturalWidth / width;
  const scale = lightbox.isZoomed ? Math.max(pixels, 1.5 * fitting) : fitting;
  frame.style.width = `${width * scale}px`;
  frame.style.height = `${height * scale}px`;
  const overlay = frame.querySelector("svg");
  for (const old of overlay.querySelectorAll("text")) old.remove();
  for (const number of page.numbers) {
    const letter = LETTER_PX / scale;
    const [left, top, , bottom] = number.box;
    const around = 0.25 * (bottom - top);
    const above = top - around - letter * 0.35;
    const y = above > letter ? above : bottom + around + letter; // no room above: below
    const attributes = { x: left - around, y, "font-size": letter, "stroke-width": letter / 3.5, class: number.status };
    draw("text", attributes, overlay).textContent = number.text + (number.status === "rejected" ? "?" : "");
  }
}

// What was at this share of the page's width and height comes to the middle.
function zoom(x, y) {
  const stage = byId("stage");
  lightbox.isZoomed = !lightbox.isZoomed;
  fitPage();
  stage.scrollTo(x * stage.scrollWidth - stage.clientWidth / 2, y * stage.scrollHeight - stage.clientHeight / 2);
}

function zoomOnChosen() {
  const [width, height] = lightbox.pages[lightbox.at].size;
  const [left, top, right, bottom] = lightbox.chosen ? lightbox.chosen.box : [0, 0, width, height];
  zoom((left + right) / 2 / width, (top + bottom) / 2 / height);
}

function goTo(step) {
  const at = lightbox.at + step;
  if (at < 0 || at >= lightbox.pages.length) return;
  lightbox.at = at;
  lightbox.chosen = null;
  showPage();
}

function startLightbox() {
  const box = byId("lightbox");
  byId("shown-previous").addEventListener("click", () => goTo(-1));
  byId("shown-next").addEventListener("click", () => goTo(1));
  byId("shown-zoom").addEventListener("click", zoomOnChosen);
  byId("frame").addEventListener("click", (event) => {
    const { left, top, width, height } = byId("frame").getBoundingClientRect();
    zoom((event.clientX - left) / width, (event.clientY - top) / height);
  });
  byId("shown-close").addEventListener("click", () => box.close());
  box.addEventListener("click", (event) => { if (event.target === box) box.close(); });
  document.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step || !box.open) return;
    event.preventDefault();
    goTo(step);
  });
  window.addEventListener("resize", fitPage);
}
