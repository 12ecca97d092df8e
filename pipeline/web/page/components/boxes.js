const SVG = "http://www.w3.org/2000/svg";
const LEAST_PX = 6;  // on the screen: a shorter drag is a click
const chosenOf = new WeakMap();  // the name of the chosen box by component

export default function (component) {
  const { data, parentElement, setStateValue } = component;
  const frame = parentElement.querySelector(".frame");
  const image = parentElement.querySelector("img");
  const svg = parentElement.querySelector("svg");
  const remove = parentElement.querySelector("button.delete");
  const told = parentElement.querySelector(".told");
  const boxes = data.boxes.map((one) => ({ name: one.name, box: [...one.box] }));
  let drag = null;

  if (image.src !== data.picture) image.src = data.picture;
  svg.setAttribute("viewBox", `0 0 ${data.width} ${data.height}`);

  const scale = () => data.width / Math.max(1, svg.getBoundingClientRect().width);
  const place = (event) => {
    const at = svg.getBoundingClientRect();
    return [(event.clientX - at.left) * scale(), (event.clientY - at.top) * scale()];
  };
  const chosen = () => boxes.find((one) => one.name === chosenOf.get(svg));
  const send = () => setStateValue("boxes", boxes.map((one) => ({ name: one.name, box: one.box.map(Math.round) })));

  const add = (kind, attributes, text) => {
    const element = document.createElementNS(SVG, kind);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    if (text !== undefined) element.textContent = text;
    svg.append(element);
    return element;
  };

  const paint = () => {
    svg.replaceChildren();
    const step = scale();
    for (const one of boxes) {
      const [left, top, right, bottom] = one.box;
      const isChosen = one.name === chosenOf.get(svg);
      const sides = { x: left, y: top, width: right - left, height: bottom - top };
      add("rect", { ...sides, class: `box${isChosen ? " chosen" : ""}`, "data-name": one.name });
      const letter = Math.min(13 * step, Math.max(9 * step, 0.5 * (bottom - top)));
      add("text", { x: left + 3 * step, y: bottom - 4 * step, "font-size": letter, "stroke-width": 3 * step }, one.name);
      if (isChosen) {
        const side = 16 * step;
        add("rect", { x: right - side / 2, y: bottom - side / 2, width: side, height: side, class: "grip" });
      }
    }
    if (drag?.kind === "new") {
      const [x0, y0, x1, y1] = drag.box;
      add("rect", {
        x: Math.min(x0, x1), y: Math.min(y0, y1), width: Math.abs(x1 - x0), height: Math.abs(y1 - y0), class: "new",
      });
    }
    remove.disabled = !chosen();
    told.textContent = chosen()
      ? `${chosen().name}: drag it, drag its corner, or delete it`
      : "Drag over the form to draw a box; tap a box to choose it";
  };

  svg.onpointerdown = (event) => {
    const from = place(event);
    const target = event.target;
    if (target.classList.contains("grip")) {
      drag = { kind: "size", one: chosen(), from, before: [...chosen().box] };
    } else if (target.dataset.name !== undefined) {
      chosenOf.set(svg, target.dataset.name);
      drag = { kind: "move", one: chosen(), from, before: [...chosen().box] };
    } else if (event.pointerType === "touch" && chosenOf.get(svg)) {
      chosenOf.delete(svg);  // a tap beside the boxes; the next drag draws
      paint();
      return;
    } else {
      chosenOf.delete(svg);
      drag = { kind: "new", from, box: [...from, ...from] };
      svg.classList.add("busy");
    }
    event.preventDefault();
    frame.focus({ preventScroll: true });
    svg.setPointerCapture(event.pointerId);
    paint();
  };

  svg.onpointermove = (event) => {
    if (!drag) return;
    const [x, y] = place(event);
    const [dx, dy] = [x - drag.from[0], y - drag.from[1]];
    if (drag.kind === "new") {
      drag.box = [...drag.from, x, y];
    } else if (drag.kind === "move") {
      const [left, top, right, bottom] = drag.before;
      const right_by = Math.max(-left, Math.min(dx, data.width - right));
      const down_by = Math.max(-top, Math.min(dy, data.height - bottom));
      drag.one.box = [left + right_by, top + down_by, right + right_by, bottom + down_by];
    } else {
      const [left, top, right, bottom] = drag.before;
      const least = LEAST_PX * scale();
      drag.one.box = [left, top, Math.max(left + least, right + dx), Math.max(top + least, bottom + dy)];
    }
    paint();
  };

  const end = (event) => {
    if (!drag) return;
    const [x, y] = place(event);
    const far = Math.max(Math.abs(x - drag.from[0]), Math.abs(y - drag.from[1])) >= LEAST_PX * scale();
    const done = drag;
    drag = null;
    svg.classList.remove("busy");
    if (far && done.kind === "new") {
      const [x0, y0, x1, y1] = done.box;
      boxes.push({ name: "", box: [Math.min(x0, x1), Math.min(y0, y1), Math.max(x0, x1), Math.max(y0, y1)] });
    }
    paint();
    if (far) send();
  };
  svg.onpointerup = end;
  svg.onpointercancel = () => { drag = null; svg.classList.remove("busy"); paint(); };

  const drop = () => {
    const at = boxes.indexOf(chosen());
    if (at < 0) return;
    boxes.splice(at, 1);
    chosenOf.delete(svg);
    paint();
    send();
  };
  remove.onclick = drop;
  frame.onkeydown = (event) => {
    if (event.key === "Delete" || event.key === "Backspace") { event.preventDefault(); drop(); }
  };
  const watcher = new ResizeObserver(paint);
  watcher.observe(svg);
  paint();
  return () => watcher.disconnect();
}
