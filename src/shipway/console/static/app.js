// What plain forms cannot do: charts, files that are dropped, questions to production, and asking twice.
const token = document.querySelector("meta[name=csrf]")?.content ?? "";
function colour(name) {  // as a canvas understands it: a variable may hold one colour for light and one for dark
  const probe = document.body.appendChild(document.createElement("i"));
  probe.style.color = `var(${name})`;
  const found = getComputedStyle(probe).color;
  probe.remove();
  return found;
}

// Charts: <figure class="chart" data-chart='{"unit": "", "labels": [...], "data": [[times], [values], ...]}'>
const charts = new Map();
function draw() {
  for (const figure of document.querySelectorAll("[data-chart]")) {
    const box = figure.querySelector(".plot"), text = figure.dataset.chart, drawn = charts.get(box);
    if (!box || drawn?.text === text) continue;
    const told = JSON.parse(text);
    if (drawn && drawn.labels === told.labels.join()) {
      Object.assign(drawn, { text, span: told.span });
      drawn.chart.setData(told.data);
      continue;
    }
    drawn?.chart.destroy();
    const fresh = { text, labels: told.labels.join(), span: told.span };
    charts.set(box, Object.assign(fresh, { chart: new uPlot(shape(told, box, fresh), told.data, box) }));
  }
  for (const [box, drawn] of charts) if (!box.isConnected) { drawn.chart.destroy(); charts.delete(box); }
}
function shape(told, box, drawn) {
  const ink = colour("--soft"), grid = { stroke: colour("--line"), width: 1 };
  const axis = { stroke: ink, grid, ticks: grid, font: "12px system-ui, sans-serif" };
  const lines = ["--one", "--two", "--three", "--four"];
  const show = (_, value) => value == null ? "–" : `${+value.toPrecision(3)}${told.unit}`;
  const few = told.data[0].length < 4;
  return { width: box.clientWidth || 320, height: 180, cursor: { y: false }, legend: { live: true },
    scales: { x: { range: (_, low, high) => drawn.span ?? (low < high ? [low, high] : [low - 60, low + 60]) },
      y: { range: (_, low, high) => [Math.min(0, low), high > 0 ? high * 1.05 : 1] } },
    axes: [axis, { ...axis, size: 60, values: (_, all) => all.map(each => `${+each.toPrecision(3)}${told.unit}`) }],
    series: [{}, ...told.labels.map((label, at) => ({ label, value: show, width: 2, points: { show: few },
      stroke: colour(lines[at % lines.length]), dash: at >= lines.length ? [6, 4] : undefined }))] };
}
addEventListener("resize", () => { for (const [box, { chart }] of charts) chart.setSize({ width: box.clientWidth, height: 180 }); });
document.addEventListener("laid", draw);
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
  for (const { chart } of charts.values()) chart.destroy();
  charts.clear();
  draw();
});

// Forms that cannot be taken back ask once more.
document.addEventListener("submit", event => {
  const asks = event.submitter?.dataset.ask;
  if (asks && !confirm(asks)) event.preventDefault();
});
document.addEventListener("change", event => { if (event.target.matches("[data-go]")) event.target.form.requestSubmit(); });

// Files that are dropped or chosen become objects, or the body of a question.
async function upload(zone, files) {
  const said = zone.querySelector("output"), folder = zone.querySelector("input[name=folder]").value;
  for (const file of files) {
    const uri = folder.replace(/\/*$/, "/") + file.name;
    said.textContent = `uploading ${file.name} …`;
    const got = await fetch(`/api/v1/objects?uri=${encodeURIComponent(uri)}`,
      { method: "PUT", body: file, headers: { "x-csrf-token": token, "content-type": "application/octet-stream" } });
    said.textContent = got.ok ? `${uri} is there, ${file.size} bytes` : (await got.json()).detail;
    if (!got.ok) return;
  }
}
async function question(form, file) {
  const said = form.querySelector("output"), kind = form.elements.content_type.value, stage = form.elements.stage.value;
  const body = file ?? form.elements.body.value, begun = performance.now();
  said.textContent = "asking …";
  const got = await fetch(`/api/v1/invocations?stage=${stage}&content_type=${encodeURIComponent(kind)}`,
    { method: "POST", body, headers: { "x-csrf-token": token, "content-type": "application/octet-stream" } });
  const told = await got.json(), took = `${Math.round(performance.now() - begun)} ms`;
  said.replaceChildren(answer(got.ok, told, took));
}
function answer(ok, told, took) {
  const part = document.getElementById(ok ? "answered" : "refused").content.cloneNode(true);
  const put = (name, text) => { const place = part.querySelector(`[data-put=${name}]`); if (place) place.textContent = text; };
  if (!ok) { put("detail", told.detail); put("hint", told.hint); return part; }
  const id = told.headers["x-inference-id"] ?? "";
  put("status", told.status); put("took", took); put("id", id); put("body", told.body);
  const link = part.querySelector("[data-put=trace]");
  if (id) link.href = `/console/why?inference=${encodeURIComponent(id)}`; else link.remove();
  return part;
}
const zoneOf = event => event.target.closest?.("[data-drop]");
document.addEventListener("dragover", event => { const zone = zoneOf(event); if (zone) { event.preventDefault(); zone.dataset.over = ""; } });
document.addEventListener("dragleave", event => { const zone = zoneOf(event); if (zone) delete zone.dataset.over; });
document.addEventListener("drop", event => {
  const zone = zoneOf(event);
  if (!zone) return;
  event.preventDefault();
  delete zone.dataset.over;
  zone.dataset.drop === "ask" ? question(zone, event.dataTransfer.files[0]) : upload(zone, event.dataTransfer.files);
});
document.addEventListener("change", event => {
  const zone = event.target.type === "file" && zoneOf(event);
  if (zone) zone.dataset.drop === "ask" ? question(zone, event.target.files[0]) : upload(zone, event.target.files);
});
document.addEventListener("submit", event => {
  if (event.target.dataset.drop === "ask") { event.preventDefault(); question(event.target); }
});
draw();
