"use strict";
const bout = JSON.parse(document.getElementById("bout").textContent);
const bytes = Uint8Array.from(atob(bout.poses), (c) => c.charCodeAt(0));
const poses = new DataView(bytes.buffer); // little-endian 16-bit numbers [rows, bodies, 7]
const byId = (id) => document.getElementById(id);
const canvas = byId("view"), pen = canvas.getContext("2d");
const camera = { yaw: 0, pitch: 0.45, distance: 8, target: [0, 0, 0.3] };
const last = bout.rows - 1;
const FLASH = 4, GLOW = 0.3; // a flash of contact: control steps and radius in m
let row = 0, playing = false, before = 0;

// Vectors and rotations.
const add = (a, b) => [a[0] + b[0], a[1] + b[1], a[2] + b[2]];
const sub = (a, b) => [a[0] - b[0], a[1] - b[1], a[2] - b[2]];
const times = (a, k) => [a[0] * k, a[1] * k, a[2] * k];
const dot = (a, b) => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
const cross = (a, b) => [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]];
const unit = (a) => times(a, 1 / (Math.hypot(...a) || 1));
function turn(q, v) { // the vector v turned by the quaternion (w, x, y, z)
  const u = [q[1], q[2], q[3]], t = times(cross(u, v), 2);
  return add(add(v, times(t, q[0])), cross(u, t));
}

// Poses: between two control steps positions and orientations are blended.
function read(r, body) {
  const at = (r * bout.bodies + body) * 7, value = (k) => poses.getInt16(2 * (at + k), true) / 32767;
  return [...[0, 1, 2].map((k) => value(k) * bout.reach), ...[3, 4, 5, 6].map(value)];
}
function pose(body) {
  const r = Math.min(Math.floor(row), last), share = row - r, a = read(r, body);
  if (!share) return { p: a.slice(0, 3), q: a.slice(3) };
  const b = read(r + 1, body), sign = a[3] * b[3] + a[4] * b[4] + a[5] * b[5] + a[6] * b[6] < 0 ? -1 : 1;
  const mixed = a.map((x, k) => x + share * ((k > 2 ? sign : 1) * b[k] - x)), size = Math.hypot(...mixed.slice(3)) || 1;
  return { p: mixed.slice(0, 3), q: mixed.slice(3).map((x) => x / size) };
}

// The camera.
let eye, forward, right, up, focal, width, height;
function aim() {
  const scale = window.devicePixelRatio || 1;
  width = canvas.clientWidth; height = canvas.clientHeight;
  if (canvas.width !== Math.round(width * scale) || canvas.height !== Math.round(height * scale)) {
    canvas.width = Math.round(width * scale); canvas.height = Math.round(height * scale);
  }
  pen.setTransform(scale, 0, 0, scale, 0, 0);
  const c = Math.cos(camera.pitch);
  const out = [Math.cos(camera.yaw) * c, Math.sin(camera.yaw) * c, Math.sin(camera.pitch)];
  eye = add(camera.target, times(out, camera.distance));
  forward = times(out, -1); right = unit(cross(forward, [0, 0, 1])); up = cross(right, forward);
  focal = 1.25 * Math.min(width, 1.3 * height);
}
const NEAR = 0.2;
const depth = (p) => dot(sub(p, eye), forward);
function project(p) {
  const away = sub(p, eye), k = focal / Math.max(dot(away, forward), NEAR);
  return [width / 2 + k * dot(away, right), height / 2 - k * dot(away, up)];
}
function polygon(points, fill) { // cut at the near plane, then filled
  const kept = [];
  points.forEach((p, k) => {
    const q = points[(k + 1) % points.length], a = depth(p) - NEAR, b = depth(q) - NEAR;
    if (a >= 0) kept.push(p);
    if (a >= 0 !== b >= 0) kept.push(add(p, times(sub(q, p), a / (a - b))));
  });
  if (kept.length < 3) return;
  pen.beginPath();
  kept.map(project).forEach(([x, y], k) => (k ? pen.lineTo(x, y) : pen.moveTo(x, y)));
  pen.closePath(); pen.fillStyle = fill; pen.fill();
}
const css = (c, light = 1, alpha = 1) =>
  `rgba(${c.slice(0, 3).map((v) => Math.round(255 * Math.min(1, v * light))).join(",")},${alpha})`;
const LAMP = unit([-0.35, -0.45, 0.82]);
const shade = (normal) => 0.62 + 0.5 * Math.max(0, dot(normal, LAMP));
function circle(radius, z = 0) {
  return Array.from({ length: 72 }, (_, k) => [radius * Math.cos((k * Math.PI) / 36), radius * Math.sin((k * Math.PI) / 36), z]);
}

// The floor.
function floor() {
  const style = getComputedStyle(document.documentElement), [x, y] = camera.target.map(Math.round), R = 16;
  polygon([[x - R, y - R, 0], [x + R, y - R, 0], [x + R, y + R, 0], [x - R, y + R, 0]], style.getPropertyValue("--floor"));
  const line = style.getPropertyValue("--line"), w = 0.012;
  for (let k = -R; k <= R; k++) {
    polygon([[x + k - w, y - R, 0], [x + k + w, y - R, 0], [x + k + w, y + R, 0], [x + k - w, y + R, 0]], line);
    polygon([[x - R, y + k - w, 0], [x - R, y + k + w, 0], [x + R, y + k + w, 0], [x + R, y + k - w, 0]], line);
  }
  for (const mark of bout.marks) {
    if (mark.shape === "disc") {
      polygon(circle(mark.radius), css(mark.edge));
      polygon(circle(mark.radius - mark.width), css(mark.colour));
    } else {
      const [a, b] = mark.x, [c, d] = mark.y;
      polygon([[a, c, 0], [b, c, 0], [b, d, 0], [a, d, 0]], css(mark.colour));
    }
  }
}

// Geoms: round ones are thick lines, the others are faces.
function bar(a, b, radius, colour) {
  const middle = times(add(a, b), 0.5), d = depth(middle);
  if (d < NEAR) return;
  const [x, y] = project(a), [u, v] = project(b), thick = (2 * radius * focal) / d;
  const stroke = (style, size, shift) => {
    pen.strokeStyle = style; pen.lineWidth = Math.max(size, 0.5);
    pen.beginPath(); pen.moveTo(x - shift, y - shift); pen.lineTo(u - shift + 0.01, v - shift); pen.stroke();
  };
  stroke(css(colour, 0.55), thick, 0);
  stroke(css(colour, 0.85), 0.84 * thick, 0.05 * thick);
  stroke(css(colour, 1.08), 0.5 * thick, 0.13 * thick);
  stroke(css(colour.map((c) => 0.6 * c + 0.4), 1), 0.16 * thick, 0.2 * thick);
}
function glow(place) {
  const [x, y] = project(place), radius = (GLOW * focal) / depth(place), light = pen.createRadialGradient(x, y, 0, x, y, radius);
  light.addColorStop(0, "rgba(255,140,0,1)"); light.addColorStop(0.4, "rgba(255,140,0,0.8)"); light.addColorStop(1, "rgba(255,140,0,0)");
  pen.beginPath(); pen.arc(x, y, radius, 0, 7); pen.fillStyle = light; pen.fill();
}
function faces(kind, [a, b, c]) { // in the geom's own axes: corners and normal of each face
  if (kind === "box") {
    return [0, 1, 2].flatMap((axis) => [-1, 1].map((sign) => {
      const half = [a, b, c], normal = [0, 0, 0], one = (axis + 1) % 3, two = (axis + 2) % 3;
      normal[axis] = sign;
      const corners = [[1, 1], [1, -1], [-1, -1], [-1, 1]].map(([s, t]) => {
        const p = [0, 0, 0]; p[axis] = sign * half[axis]; p[one] = s * half[one]; p[two] = t * half[two]; return p;
      });
      return { corners, normal };
    }));
  }
  const low = circle(a, -b), high = circle(a, b);
  const sides = low.map((p, k) => {
    const n = (k + 1) % low.length;
    return { corners: [p, low[n], high[n], high[k]], normal: unit([p[0] + low[n][0], p[1] + low[n][1], 0]) };
  });
  return [{ corners: low, normal: [0, 0, -1] }, { corners: high, normal: [0, 0, 1] }, ...sides];
}
function draw() {
  aim();
  pen.clearRect(0, 0, width, height);
  pen.lineCap = "round";
  floor();
  const all = Array.from({ length: bout.bodies }, (_, body) => pose(body)), stage = [], items = [], shadows = [];
  for (const geom of bout.geoms) {
    const { p, q } = all[geom.body];
    const place = (v) => add(p, turn(q, add(geom.position, turn(geom.quaternion, v))));
    const lit = (v) => turn(q, turn(geom.quaternion, v));
    if (geom.type === "sphere" || geom.type === "capsule") {
      const half = geom.type === "sphere" ? 0 : geom.size[1], a = place([0, 0, -half]), b = place([0, 0, half]);
      items.push({ at: depth(times(add(a, b), 0.5)), show: () => bar(a, b, geom.size[0], geom.rgba) });
      if (geom.body) shadows.push([a, b, geom.size[0]]);
      continue;
    }
    const flat = geom.body === 0 && geom.size[geom.type === "box" ? 2 : 1] < geom.size[0] / 2; // platforms lie below all
    for (const face of faces(geom.type, geom.size)) {
      const normal = lit(face.normal), corners = face.corners.map(place);
      if (dot(normal, sub(corners[0], eye)) >= 0) continue;
      const middle = times(corners.reduce(add), 1 / corners.length);
      (flat ? stage : items).push({ at: depth(middle), show: () => polygon(corners, css(geom.rgba, shade(normal))) });
    }
  }
  for (const [begun, a, b] of bout.touches) {
    if (row < begun || row >= begun + FLASH) continue;
    const place = times(add(all[bout.actors[a]].p, all[bout.actors[b]].p), 0.5);
    if (depth(place) > NEAR) items.push({ at: depth(place) - GLOW, show: () => glow(place) });
  }
  const far = (a, b) => b.at - a.at;
  stage.sort(far).forEach((item) => item.show());
  pen.globalAlpha = 0.16;
  for (const [a, b, radius] of shadows) {
    const [c, d] = [a, b].map((p) => [p[0] - (LAMP[0] / LAMP[2]) * (p[2] - bout.ground), p[1] - (LAMP[1] / LAMP[2]) * (p[2] - bout.ground), bout.ground]);
    const middle = depth(times(add(c, d), 0.5));
    if (middle < NEAR) continue;
    const [x, y] = project(c), [u, v] = project(d);
    pen.strokeStyle = "#000"; pen.lineWidth = (1.5 * radius * focal) / middle;
    pen.beginPath(); pen.moveTo(x, y); pen.lineTo(u + 0.01, v); pen.stroke();
  }
  pen.globalAlpha = 1;
  items.sort(far).forEach((item) => item.show());
}

// Score, clock and controls.
const lines = bout.seats.map((seat, s) => {
  const item = document.createElement("li"), dot = document.createElement("i"), text = document.createElement("span");
  const geom = bout.geoms.find((g) => g.body === bout.actors[s]);
  dot.style.background = css(geom ? geom.rgba : [0.5, 0.5, 0.5]);
  item.append(dot, text); byId("seats").append(item);
  return text;
});
const won = (seat) => (bout.winner || "").split(",").includes(seat);
function show() {
  const r = Math.min(Math.floor(row), last), over = r === last && bout.ending !== null;
  bout.seats.forEach((seat, s) => {
    const state = over && won(seat) ? " · wins" : bout.out[r][s] ? " · out" : "";
    lines[s].textContent = `${seat}: ${bout.players[s]} · reward ${bout.sums[r][s].toFixed(1)}${state}`;
  });
  const seconds = (k) => (k * bout.control_step).toFixed(1);
  byId("clock").textContent = `${seconds(r)} / ${seconds(last)} s`;
  byId("end").textContent = over ? `${bout.winner ? bout.winner + " wins" : "A draw"}: ${bout.ending}.` : "";
  byId("scrub").value = r;
  byId("play").textContent = playing ? "Pause" : "Play";
  if (byId("follow").checked) follow(playing ? 0.08 : 1);
  draw();
}
function middle() {
  return times(bout.actors.map((body) => pose(body).p).reduce(add), 1 / bout.actors.length);
}
function follow(share) {
  camera.target = add(camera.target, times(sub(middle(), camera.target), share));
}
function sideView() { // look across the line between the first two actors, so that neither hides the other
  const places = bout.actors.map((body) => pose(body).p), line = sub(places[Math.min(1, places.length - 1)], places[0]);
  camera.yaw = Math.atan2(line[1], line[0]) - Math.PI / 2; camera.pitch = 0.42;
  camera.target = middle();
  const spread = Math.max(...places.map((p) => Math.hypot(...sub(p, camera.target)))) + 0.9;
  camera.distance = Math.min(40, 2.9 * spread);
}
function seek(to) { row = Math.max(0, Math.min(last, to)); show(); }
function toggle() { playing = !playing; if (playing && row >= last) row = 0; before = 0; show(); if (playing) requestAnimationFrame(tick); }
function tick(now) {
  if (!playing) return;
  if (before) row += (((now - before) / 1000) * byId("speed").value) / bout.control_step;
  before = now;
  if (row >= last) { row = last; playing = false; }
  show();
  if (playing) requestAnimationFrame(tick);
}
byId("scrub").max = last;
byId("play").addEventListener("click", toggle);
byId("scrub").addEventListener("input", (event) => { playing = false; seek(Number(event.target.value)); });
byId("back").addEventListener("click", () => { playing = false; seek(Math.ceil(row) - 1); });
byId("on").addEventListener("click", () => { playing = false; seek(Math.floor(row) + 1); });
byId("follow").addEventListener("change", show);
byId("side").addEventListener("click", () => { sideView(); show(); });
addEventListener("keydown", (event) => {
  if (event.target.matches("input, select, button")) return;
  if (event.key === " ") { event.preventDefault(); toggle(); }
  if (event.key === "ArrowLeft") byId("back").click();
  if (event.key === "ArrowRight") byId("on").click();
});
let grip = null;
canvas.addEventListener("pointerdown", (event) => { grip = [event.clientX, event.clientY]; canvas.setPointerCapture(event.pointerId); });
canvas.addEventListener("pointerup", () => { grip = null; });
canvas.addEventListener("pointermove", (event) => {
  if (!grip) return;
  camera.yaw -= (event.clientX - grip[0]) / 150;
  camera.pitch = Math.max(0.05, Math.min(1.5, camera.pitch + (event.clientY - grip[1]) / 150));
  grip = [event.clientX, event.clientY]; show();
});
canvas.addEventListener("wheel", (event) => {
  event.preventDefault();
  camera.distance = Math.max(1, Math.min(60, camera.distance * Math.exp(event.deltaY / 600))); show();
}, { passive: false });
new ResizeObserver(show).observe(canvas);
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", show);
sideView();
show();
