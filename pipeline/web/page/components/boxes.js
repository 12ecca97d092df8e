const SVG = "http://www.w3.org/2000/svg";
const LEAST_PX = 6;  // on the screen: a shorter drag is a click
const states = new WeakMap();  // by component: the name of the chosen box, the drag under way, which boxes were there
const names = (boxes) => boxes.map((one) => one.name);

export default function (component) {
  const { data, parentElement, setStateValue } = component;
  const frame = parentElement.querySelector(".frame");
  const image = parentElement.querySelector("img");
  const svg = parentElement.querySelector("svg");
  const remove = parentElement.querySelector("button.delete");
  const told = parentElement.querySelector(".told");
  const entry = parentElement.querySelector(".entry");
  const input = parentElement.querySelector("input");
  const boxes = data.boxes.map((one) => ({ ...one, box: [...one.box] }));
  if (!states.has(svg)) states.set(svg, { chosen: null, drag: null, known: names(boxes.filter((one) => one.text)) });
  const state = states.get(svg);

  if (image.src !== data.picture) image.src = data.picture;
  svg.setAttribute("viewBox", `0 0 ${data.width} ${data.height}`);
  frame.setAttribute("aria-label", data.label);
  entry.querySelector("span").textContent = data.entry;

  const scale = () => data.width / Math.max(1, svg.getBoundingClientRect().width);
  const place = (event) => {
    const at = svg.getBoundingClientRect();
    return [(event.clientX - at.left) * scale(), (event.clientY - at.top) * scale()];
  };
  const find = (name) => boxes.find((one) => one.name === name);
  const chosen = () => find(state.chosen);
  const send = () => setStateValue("boxes", boxes.map((one) => ({ ...one, box: one.box.map(Math.round) })));

  const add = (kind, attributes, text) => {
    const element = document.createElementNS(SVG, kind);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    if (text !== undefined) element.textContent = text;
    svg.append(element);
    return element;
  };
  const addBox = ([left, top, right, bottom], attributes) =>
    add("rect", { x: left, y: top, width: right - left, height: bottom - top, ...attributes });

  const paint = () => {
    svg.replaceChildren();
    const step = scale();
    for (const one of data.fixed) addBox(one.box, { class: `fixed ${one.status}` });
    for (const one of boxes) {
      const [left, top, right, bottom] = one.box;
      const isChosen = one.name === state.chosen;
      addBox(one.box, { class: `box${isChosen ? " chosen" : ""}`, "data-name": one.name });
      const letter = Math.min(13 * step, Math.max(9 * step, 0.5 * (bottom - top)));
      const label = data.entry ? one.text || "?" : one.name;
      const at = { x: left + 3 * step, y: data.entry ? Math.max(letter, top - 4 * step) : bottom - 4 * step };
      add("text", { ...at, "font-size": letter, "stroke-width": 3 * step }, label);
      if (isChosen) {
        const side = 16 * step;
        add("rect", { x: right - side / 2, y: bottom - side / 2, width: side, height: side, class: "grip" });
      }
    }
    if (state.drag?.kind === "new") {
      const [x0, y0, x1, y1] = state.drag.box;
      addBox([Math.min(x0, x1), Math.min(y0, y1), Math.max(x0, x1), Math.max(y0, y1)], { class: "new" });
    }
    remove.disabled = !chosen();
    entry.hidden = !(data.entry && chosen());
    if (chosen() && input.dataset.name !== state.chosen) {
      input.value = chosen().text ?? "";
      input.dataset.name = state.chosen;
    }
    const shown = chosen() && (data.entry ? chosen().text : chosen().name);
    told.textContent = chosen() ? `${shown || "New box"}: drag it, drag its corner, or delete it` : data.hint;
  };

  const choose = (name) => {
    state.chosen = name;
    delete input.dataset.name;
  };

  svg.onpointerdown = (event) => {
    const from = place(event);
    const target = event.target;
    type();
    if (target.classList.contains("grip")) {
      state.drag = { kind: "size", name: state.chosen, from, before: [...chosen().box] };
    } else if (target.dataset.name !== undefined) {
      choose(target.dataset.name);
      state.drag = { kind: "move", name: state.chosen, from, before: [...chosen().box] };
    } else if (event.pointerType === "touch" && state.chosen) {
      choose(null);  // a tap beside the boxes; the next drag draws
      paint();
      return;
    } else {
      choose(null);
      state.drag = { kind: "new", from, box: [...from, ...from] };
      svg.classList.add("busy");
    }
    event.preventDefault();
    frame.focus({ preventScroll: true });
    svg.setPointerCapture(event.pointerId);
    paint();
  };

  svg.onpointermove = (event) => {
    const { drag } = state;
    if (!drag) return;
    const [x, y] = place(event);
    const [dx, dy] = [x - drag.from[0], y - drag.from[1]];
    const one = find(drag.name);
    if (drag.kind === "new") {
      drag.box = [...drag.from, x, y];
    } else if (one && drag.kind === "move") {
      const [left, top, right, bottom] = drag.before;
      const right_by = Math.max(-left, Math.min(dx, data.width - right));
      const down_by = Math.max(-top, Math.min(dy, data.height - bottom));
      one.box = [left + right_by, top + down_by, right + right_by, bottom + down_by];
    } else if (one) {
      const [left, top, right, bottom] = drag.before;
      const least = LEAST_PX * scale();
      one.box = [left, top, Math.max(left + least, right + dx), Math.max(top + least, bottom + dy)];
    }
    paint();
  };

  const end = (event) => {
    const done = state.drag;
    if (!done) return;
    const [x, y] = place(event);
    const far = Math.max(Math.abs(x - done.from[0]), Math.abs(y - done.from[1])) >= LEAST_PX * scale();
    state.drag = null;
    svg.classList.remove("busy");
    if (far && done.kind === "new") {
      const [x0, y0, x1, y1] = done.box;
      const box = [Math.min(x0, x1), Math.min(y0, y1), Math.max(x0, x1), Math.max(y0, y1)];
      boxes.push(data.entry ? { name: "", box, text: "" } : { name: "", box });
    }
    paint();
    if (far) send();
  };
  svg.onpointerup = end;
  svg.onpointercancel = () => { state.drag = null; svg.classList.remove("busy"); paint(); };

  const drop = () => {
    const at = boxes.indexOf(chosen());
    if (at < 0) return;
    boxes.splice(at, 1);
    choose(null);
    paint();
    send();
  };
  remove.onclick = drop;
  frame.onkeydown = (event) => {
    if (event.key === "Delete" || event.key === "Backspace") { event.preventDefault(); drop(); }
  };

  const type = () => {
    const one = find(input.dataset.name);
    if (!one || (one.text ?? "") === input.value.trim()) return;
    one.text = input.value.trim();
    paint();
    send();
  };
  input.onchange = type;
  input.onkeydown = (event) => {
    if (event.key === "Enter") { event.preventDefault(); type(); }
  };

  if (data.entry && !state.drag) {
    const added = boxes.filter((one) => !state.known.includes(one.name));
    if (added.length) choose(added.at(-1).name);
    paint();
    if (added.length) input.focus({ preventScroll: true });
  }
  state.known = names(boxes);
  const watcher = new ResizeObserver(paint);
  watcher.observe(svg);
  paint();
  return () => watcher.disconnect();
}
