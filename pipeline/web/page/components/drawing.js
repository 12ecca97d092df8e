const PEN_PX = 15;
const drawn = new WeakMap();  // strokes by component: they outlive a run of the page

export default function (component) {
  const { parentElement, setTriggerValue } = component;
  const canvas = parentElement.querySelector("canvas");
  const hint = parentElement.querySelector(".hint");
  const [read, undo, clear] = ["read", "undo", "clear"].map((name) => parentElement.querySelector(`button.${name}`));
  const pen = canvas.getContext("2d");
  if (!drawn.has(canvas)) drawn.set(canvas, []);
  const strokes = drawn.get(canvas);
  let current = null;

  const place = (event) => {
    const frame = canvas.getBoundingClientRect();
    return [
      ((event.clientX - frame.left) * canvas.width) / frame.width,
      ((event.clientY - frame.top) * canvas.height) / frame.height,
    ];
  };

  const paint = () => {
    pen.fillStyle = "#fff";
    pen.fillRect(0, 0, canvas.width, canvas.height);
    pen.lineCap = pen.lineJoin = "round";
    pen.lineWidth = PEN_PX;
    pen.strokeStyle = "#111";
    for (const [start, ...rest] of strokes) {
      pen.beginPath();
      pen.moveTo(...start);
      pen.lineTo(start[0] + 0.1, start[1]);  // a dot, where nothing follows
      for (const point of rest) pen.lineTo(...point);
      pen.stroke();
    }
    hint.hidden = strokes.length > 0;
    hint.style.display = strokes.length ? "none" : "";
    for (const button of [read, undo, clear]) button.disabled = strokes.length === 0;
  };

  canvas.onpointerdown = (event) => {
    event.preventDefault();
    canvas.setPointerCapture(event.pointerId);
    current = [place(event)];
    strokes.push(current);
    paint();
  };
  canvas.onpointermove = (event) => {
    if (!current) return;
    for (const each of event.getCoalescedEvents?.() ?? [event]) current.push(place(each));
    paint();
  };
  canvas.onpointerup = canvas.onpointercancel = () => { current = null; };
  undo.onclick = () => { strokes.pop(); paint(); };
  clear.onclick = () => { strokes.length = 0; paint(); };
  read.onclick = () => {
    setTriggerValue("drawn", canvas.toDataURL("image/png"));
    strokes.length = 0;
    paint();
  };
  paint();
}
