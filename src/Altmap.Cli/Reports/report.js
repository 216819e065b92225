"use strict";
// Draws the maps of a report. Each has its parts in a JSON element: page size, pages of a section and of a sub-section,
// kinds (tone, words), and parts as [first pfn, end pfn, kind]. Only what is in view is drawn.
(function () {
  const dark = matchMedia("(prefers-color-scheme: dark)");

  function size(bytes) {
    const units = ["bytes", "KiB", "MiB", "GiB", "TiB", "PiB"];
    let unit = 0;
    while (bytes >= 1024 && unit < units.length - 1) { bytes /= 1024; unit++; }
    return (Number.isInteger(bytes) ? bytes : bytes.toFixed(2)) + " " + units[unit];
  }

  function hex(value) { return "0x" + value.toString(16); }

  function start(box) {
    const data = JSON.parse(box.querySelector("script").textContent);
    const canvas = box.querySelector("canvas"), status = box.querySelector(".view"), rows = box.querySelector("tbody");
    const parts = data.parts, end = parts.length ? parts[parts.length - 1][1] : 1;
    const least = data.sub_section_pages;
    let from = 0, to = end, told = 0, grip = null;
    const fingers = new Map();

    function first(pfn) { // the first part that ends behind pfn
      let low = 0, high = parts.length;
      while (low < high) { const middle = (low + high) >> 1; if (parts[middle][1] <= pfn) low = middle + 1; else high = middle; }
      return low;
    }

    function show(a, b) {
      const width = Math.min(end, Math.max(least, b - a));
      a = Math.min(Math.max(0, a), end - width);
      from = a; to = a + width;
      requestAnimationFrame(draw);
      clearTimeout(told);
      told = setTimeout(tell, 120);
    }

    function draw() {
      const ratio = devicePixelRatio || 1, w = canvas.clientWidth, h = canvas.clientHeight;
      if (canvas.width !== Math.round(w * ratio) || canvas.height !== Math.round(h * ratio)) {
        canvas.width = Math.round(w * ratio); canvas.height = Math.round(h * ratio);
      }
      const c = canvas.getContext("2d"), scale = w / (to - from), style = getComputedStyle(document.body);
      c.setTransform(ratio, 0, 0, ratio, 0, 0);
      c.clearRect(0, 0, w, h);
      const top = 22, height = h - 44;
      c.font = "12px system-ui, sans-serif";
      let lastKind = -1, pixel = -1;
      for (let i = first(from); i < parts.length && parts[i][0] < to; i++) {
        const p = parts[i], x = Math.max(0, (p[0] - from) * scale), r = Math.min(w, (p[1] - from) * scale);
        // Parts narrower than a pixel: one of a kind a pixel.
        if (r - x < 1 && Math.floor(x) === pixel && p[2] === lastKind) continue;
        pixel = Math.floor(x); lastKind = p[2];
        const kind = data.kinds[p[2]];
        c.fillStyle = dark.matches ? kind.dark : kind.light;
        c.fillRect(x, top, Math.max(1, r - x), height);
        if (r - x > 60) {
          c.save(); c.beginPath(); c.rect(x, top, r - x, height); c.clip();
          c.fillStyle = style.color;
          c.fillText(kind.label, x + 5, top + 16);
          c.fillText(size((p[1] - p[0]) * data.page_size), x + 5, top + 32);
          c.restore();
        }
      }
      lines(c, data.section_pages, scale, top, height, w, style, true);
      if (data.sub_section_pages * scale > 5) lines(c, data.sub_section_pages, scale, top + height * .75, height * .25, w, style, false);
    }

    function lines(c, unit, scale, top, height, w, style, numbers) {
      let step = unit;
      while (step * scale < (numbers ? 4 : 5)) step *= 2;
      let label = step;
      while (label * scale < 84) label *= 2;
      c.strokeStyle = style.color; c.fillStyle = style.color; c.globalAlpha = .35; c.lineWidth = 1;
      c.beginPath();
      for (let at = Math.ceil(from / step) * step; at <= to; at += step) {
        const x = Math.round((at - from) * scale) + .5;
        if (step === unit || numbers) { c.moveTo(x, top); c.lineTo(x, top + height); }
      }
      if (step === unit) c.stroke();
      c.globalAlpha = 1;
      if (!numbers) return;
      for (let at = Math.ceil(from / label) * label; at <= to; at += label) {
        const x = (at - from) * scale;
        if (x > w - 40) break;
        c.fillText("section " + at / data.section_pages, x + 2, 15);
        c.fillText(size(at * data.page_size), x + 2, canvas.clientHeight - 7);
      }
    }

    function tell() {
      const i = first(from);
      let j = i;
      while (j < parts.length && parts[j][0] < to) j++;
      status.textContent = "Shown: " + hex(Math.round(from) * data.page_size) + " to " + hex(Math.round(to) * data.page_size) + ", " +
        size(Math.round(to - from) * data.page_size) + ", sections " + Math.floor(from / data.section_pages) + " to " +
        Math.floor((to - 1) / data.section_pages) + ", " + (j - i) + (j - i === 1 ? " part" : " parts");
      rows.replaceChildren();
      for (let k = i; k < j && k < i + 100; k++) {
        const p = parts[k], tr = rows.insertRow(), words = [hex(p[0] * data.page_size), hex(p[1] * data.page_size - 1), size((p[1] - p[0]) * data.page_size),
          String(Math.floor(p[0] / data.section_pages)), data.kinds[p[2]].words];
        words.forEach((word, n) => { const td = tr.insertCell(); td.textContent = word; if (n === 2 || n === 3) td.className = "n"; });
      }
      if (j - i > 100) { const td = rows.insertRow().insertCell(); td.colSpan = 5; td.textContent = (j - i - 100) + " more: zoom in"; }
    }

    function zoom(factor, at) {
      const width = (to - from) * factor, place = at === undefined ? .5 : at;
      const middle = from + (to - from) * place;
      show(middle - width * place, middle + width * (1 - place));
    }

    const moves = {
      "in": () => zoom(.5), "out": () => zoom(2), "all": () => show(0, end),
      "left": () => show(from - (to - from) / 4, to - (to - from) / 4), "right": () => show(from + (to - from) / 4, to + (to - from) / 4),
      "section": () => { const s = Math.floor((from + to) / 2 / data.section_pages) * data.section_pages; show(s, s + data.section_pages); }
    };
    box.querySelectorAll("button").forEach(b => b.addEventListener("click", () => moves[b.dataset.move]()));
    const keys = { "+": "in", "=": "in", "-": "out", "0": "all", "Home": "all", "ArrowLeft": "left", "ArrowRight": "right", "s": "section" };
    canvas.addEventListener("keydown", e => {
      if (e.ctrlKey || e.metaKey || e.altKey || !keys[e.key]) return;
      e.preventDefault(); moves[keys[e.key]]();
    });
    canvas.addEventListener("wheel", e => {
      e.preventDefault();
      zoom(Math.exp(Math.max(-1, Math.min(1, e.deltaY / 200))), e.offsetX / canvas.clientWidth);
    }, { passive: false });
    canvas.addEventListener("dblclick", e => zoom(.25, e.offsetX / canvas.clientWidth));
    canvas.addEventListener("pointerdown", e => {
      canvas.setPointerCapture(e.pointerId); fingers.set(e.pointerId, e.offsetX);
      grip = { from, to, places: [...fingers.values()] };
    });
    canvas.addEventListener("pointermove", e => {
      if (!fingers.has(e.pointerId)) return;
      fingers.set(e.pointerId, e.offsetX);
      const now = [...fingers.values()], w = canvas.clientWidth, width = grip.to - grip.from;
      if (now.length === 1) {
        const by = (grip.places[0] - now[0]) / w * width;
        show(grip.from + by, grip.to + by);
      } else if (now.length === 2 && grip.places.length === 2) {
        const before = Math.max(8, Math.abs(grip.places[0] - grip.places[1])), after = Math.max(8, Math.abs(now[0] - now[1]));
        const place = (grip.places[0] + grip.places[1]) / 2 / w, middle = grip.from + width * place, wide = width * before / after;
        const at = (now[0] + now[1]) / 2 / w;
        show(middle - wide * at, middle + wide * (1 - at));
      }
    });
    const letGo = e => { fingers.delete(e.pointerId); grip = { from, to, places: [...fingers.values()] }; };
    canvas.addEventListener("pointerup", letGo);
    canvas.addEventListener("pointercancel", letGo);
    addEventListener("resize", draw);
    dark.addEventListener("change", draw);
    box.querySelectorAll("[hidden]").forEach(e => { e.hidden = false; });
    draw(); tell();
  }

  document.querySelectorAll(".map").forEach(start);
})();
