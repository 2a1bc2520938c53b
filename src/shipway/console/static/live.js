// One WebSocket a page: each message is the page's new content, laid over the old one without losing what a person
// is doing in it. A hidden tab lets go; a tab that comes back, or a server that does, gets the whole page again.
const view = document.getElementById("live"), mark = document.getElementById("link");
let socket, pause = 500, next = null, pressed = false;
const kept = node => node.dataset && "keep" in node.dataset;
const options = { morphStyle: "innerHTML", ignoreActiveValue: true, callbacks: {
  beforeNodeMorphed: (old, next) => !(kept(old) && old.dataset.keep === next.dataset?.keep),
  beforeAttributeUpdated: name => name !== "open" } };
const say = up => { mark.dataset.up = up; mark.title = up ? "live" : "not connected: trying again"; };
// While a button of the mouse is down nothing moves, so that a click hits what was under the pointer.
function lay() {
  if (pressed || next === null) return;
  Idiomorph.morph(view, next, options);
  next = null;
  document.dispatchEvent(new Event("laid"));
}
const press = down => () => { pressed = down; if (!down) setTimeout(lay, 50); };
addEventListener("pointerdown", press(true), true);
for (const end of ["pointerup", "pointercancel", "blur"]) addEventListener(end, press(false), true);
function connect() {
  if (document.hidden || socket) return;
  const address = location.pathname + location.search;
  socket = new WebSocket(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/console/live?page=${encodeURIComponent(address)}`);
  socket.onopen = () => { pause = 500; say(true); };
  socket.onmessage = event => { next = event.data; lay(); };
  socket.onclose = event => {
    socket = null; say(false);
    if (event.code === 4401) return location.reload();
    if (!document.hidden) setTimeout(connect, pause = Math.min(pause * 2, 10000));
  };
}
document.addEventListener("visibilitychange", () => document.hidden ? socket?.close() : connect());
if (view) connect();
