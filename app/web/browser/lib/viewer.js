// The document on the page: PDFs drawn by pdf.js as they come into view, images by the browser, the rest to download.
import * as pdfjs from "pdfjs-dist";
import { stampOn } from "./stamp.js";
import { element, say } from "./words.js";

const dist = new URL("./", import.meta.url).pathname.replace(/chunk.*$/, "");
pdfjs.GlobalWorkerOptions.workerSrc = `${dist}pdf.worker.min.mjs`;
// letters this many pixels high are read with ease
const LEAST_LETTERS = 20;
const SCALES = [0.5, 0.67, 0.8, 1, 1.25, 1.5, 2, 2.5, 3];

export function viewersOf(root) {
  return [...root.querySelectorAll("[data-viewer]")].map((box) => new Viewer(box));
}

// What the server says of a file that it does not give; "" when it gives it, or cannot be asked.
async function refusal(url) {
  const stop = new AbortController();
  try {
    const answer = await fetch(url, { headers: { Accept: "application/json" }, signal: stop.signal });
    return answer.ok ? "" : (await answer.json()).message || "";
  } catch {
    return "";
  } finally {
    stop.abort();
  }
}

class Viewer {
  constructor(box) {
    this.box = box;
    this.sheet = box.querySelector("[data-sheet]");
    this.files = JSON.parse(box.querySelector("[data-files]").textContent);
    this.zoom = 1;
    const choice = box.querySelector("[data-file]");
    this.choice = choice;
    choice?.addEventListener("change", () => this.choose(Number(choice.value)));
    for (const button of box.querySelectorAll("[data-zoom]")) {
      button.addEventListener("click", () => this.rescale(button.dataset.zoom));
    }
    this.turner = box.querySelector("[data-turn]");
    this.turner?.addEventListener("click", () => this.turnPage());
    this.sheet.addEventListener("scroll", () => this.tellPage(), { passive: true });
    this.sheet.addEventListener("keydown", (event) => {
      if (event.key === "+" || event.key === "=") this.rescale("in");
      if (event.key === "-") this.rescale("out");
    });
    this.stamp = box.querySelector("[data-stamp-card]");
    const press = box.querySelector("[data-stamp]");
    press?.addEventListener("click", () => {
      const off = box.toggleAttribute("data-stamp-off");
      press.setAttribute("aria-pressed", String(!off));
    });
    let width = 0;
    new ResizeObserver(() => {
      if (Math.abs(this.sheet.clientWidth - width) < 8) return;
      width = this.sheet.clientWidth;
      clearTimeout(this.later);
      this.later = setTimeout(() => this.lay(), 120);
    }).observe(this.sheet);
    if (this.files.length) this.choose(this.files.length - 1);
  }

  choose(index) {
    if (this.choice) this.choice.value = String(index);
    this.shown = this.show(index);
    return this.shown;
  }

  async show(index) {
    const file = this.files[index];
    this.file = file;
    const turn = (this.turn = (this.turn || 0) + 1);
    this.box.querySelector("[data-download]").href = file.url;
    this.sheet.replaceChildren();
    this.sheets = [];
    this.pdf?.loadingTask.destroy();
    this.pdf = null;
    this.tellPage();
    if (file.view) this.sheet.append(element("p", { className: "quiet middle" }, say("converting")));
    try {
      if (file.media_type === "application/pdf" || file.view) await this.openPdf(file, turn);
      else if (["image/png", "image/jpeg"].includes(file.media_type)) await this.openImage(file, turn);
      else this.offer(file, say("cannot_show"));
    } catch (error) {
      console.error(error);
      const why = await refusal(file.view || file.url);
      if (turn === this.turn) this.offer(file, why || say("broken_file"));
    }
  }

  offer(file, sentence) {
    this.sheet.replaceChildren(element("p", { className: "middle" }, sentence, element("br"), element("br"),
      element("a", { className: "button", href: file.url }, say("download"))));
  }

  async openImage(file, turn) {
    const answer = await fetch(file.url);
    if (!answer.ok) throw new Error(answer.status);
    const picture = element("img", { alt: file.name, src: URL.createObjectURL(await answer.blob()) });
    await picture.decode();
    if (turn !== this.turn) return;
    const sheet = element("div", { className: "sheet" }, picture);
    this.sheets = [{ sheet, picture, turn: file.turns?.[1] ?? 0, drawn: true }];
    this.sheet.append(sheet);
    this.paint(this.sheets[0]);
  }

  // A picture as it is turned: a scan of one page that somebody laid or held sideways.
  paint(one) {
    const { picture, turn } = one;
    const [wide, high] = [picture.naturalWidth, picture.naturalHeight];
    Object.assign(one, turn % 180 ? { width: high, height: wide } : { width: wide, height: high });
    let shown = picture;
    if (turn) {
      shown = element("canvas", { width: one.width, height: one.height });
      shown.setAttribute("role", "img");
      shown.setAttribute("aria-label", picture.alt);
      const pen = shown.getContext("2d");
      pen.translate(one.width / 2, one.height / 2);
      pen.rotate((turn * Math.PI) / 180);
      pen.drawImage(picture, -wide / 2, -high / 2);
    }
    one.sheet.replaceChildren(shown);
    this.lay();
    this.region(one);
    this.mark(one);
    this.seal(one.sheet, shown);
  }

  // The ĐẾN stamp over the first page of what came.
  seal(sheet, picture) {
    if (this.stamp && this.file.is_read) stampOn(sheet, picture, this.stamp.content.firstElementChild.cloneNode(true));
  }

  async openPdf(file, turn) {
    const pdf = await pdfjs.getDocument({
      url: file.view || file.url, wasmUrl: `${dist}wasm/`, standardFontDataUrl: `${dist}standard_fonts/`,
      isEvalSupported: false, enableXfa: false, disableAutoFetch: true,
    }).promise;
    if (turn !== this.turn) return pdf.loadingTask.destroy();
    this.pdf = pdf;
    const first = (await pdf.getPage(1)).getViewport({ scale: 1 });
    this.sheet.replaceChildren();
    this.seen = new IntersectionObserver((entries) => {
      for (const entry of entries) if (entry.isIntersecting) this.draw(this.sheets[entry.target.dataset.index]);
    }, { root: this.sheet, rootMargin: "600px 0px" });
    for (let number = 1; number <= pdf.numPages; number += 1) {
      const sheet = element("div", { className: "sheet" });
      sheet.dataset.index = number - 1;
      const turn = file.turns?.[number] ?? this.sheets.at(-1)?.turn ?? 0;
      const [width, height] = turn % 180 ? [first.height, first.width] : [first.width, first.height];
      this.sheets.push({ sheet, number, width, height, turn });
      this.sheet.append(sheet);
    }
    this.lay();
    for (const one of this.sheets) this.seen.observe(one.sheet);
  }

  scale() {
    const room = this.sheet.clientWidth - 26;
    return (room > 0 ? room / this.sheets[0].width : 1) * this.zoom;
  }

  lay() {
    if (!this.sheets?.length || this.sheet.clientWidth < 50) return;
    const kept = this.sheet.scrollTop / (this.sheet.scrollHeight || 1);
    const scale = this.scale();
    for (const one of this.sheets) {
      one.sheet.style.width = `${one.width * scale}px`;
      one.sheet.style.height = `${one.height * scale}px`;
      if (one.number) one.drawn = false;
    }
    this.sheet.scrollTop = kept * this.sheet.scrollHeight;
    const top = this.sheet.scrollTop - 600;
    for (const one of this.sheets) {
      const at = one.sheet.offsetTop;
      if (at + one.sheet.offsetHeight > top && at < top + this.sheet.clientHeight + 1200) this.draw(one);
    }
    this.tellPage();
  }

  async draw(one) {
    if (!one?.number || one.drawn || !this.pdf || this.sheet.clientWidth < 50) return;
    one.drawn = true;
    const pdf = this.pdf;
    const page = await pdf.getPage(one.number);
    if (pdf !== this.pdf) return;
    const rotation = (page.rotate + one.turn) % 360;
    const own = page.getViewport({ scale: 1, rotation });
    const scale = this.scale();
    if (own.width !== one.width || own.height !== one.height) {
      Object.assign(one, { width: own.width, height: own.height });
      one.sheet.style.width = `${own.width * scale}px`;
      one.sheet.style.height = `${own.height * scale}px`;
    }
    const sharp = Math.min(window.devicePixelRatio || 1, 2);
    const viewport = page.getViewport({ scale: scale * sharp, rotation });
    const canvas = element("canvas", { width: Math.floor(viewport.width), height: Math.floor(viewport.height) });
    one.work?.cancel();
    one.work = page.render({ canvas, viewport, annotationMode: pdfjs.AnnotationMode.ENABLE });
    try { await one.work.promise; } catch (error) { if (error?.name === "RenderingCancelledException") return; throw error; }
    const text = element("div", { className: "textLayer" });
    text.style.setProperty("--total-scale-factor", scale);
    one.sheet.replaceChildren(canvas, text);
    one.sheet.dataset.drawn = "1";
    this.region(one);
    this.mark(one);
    if (one.number === 1) this.seal(one.sheet, canvas);
    new pdfjs.TextLayer({ textContentSource: page.streamTextContent(), container: text, viewport: page.getViewport({ scale, rotation }) }).render()
      .catch(() => {});
  }

  // Places that were read, shown on the page: [{words, page, boxes, size, isDoubtful}]; pick(one) when one is chosen.
  offerRegions(regions, pick) {
    this.regions = regions;
    this.pick = pick;
    for (const one of this.sheets || []) this.region(one);
  }

  region(one) {
    for (const old of one.sheet.querySelectorAll(".region")) old.remove();
    if (!this.file?.is_read || (one.number && !one.sheet.dataset.drawn)) return;
    for (const found of this.regions || []) {
      if (found.page !== (one.number || 1)) continue;
      for (const [index, box] of found.boxes.entries()) {
        const region = element("button", { type: "button", className: `region ${found.isDoubtful ? "doubtful" : ""}`, title: found.words });
        region.setAttribute("aria-label", found.words);
        if (index) region.tabIndex = -1;
        region.addEventListener("click", () => this.pick(found));
        this.put(region, box, found.size, one);
      }
    }
  }

  put(mark, box, size, one) {
    const [[left, top, right, bottom], [width, height]] = turned(box, size || lying(one), one.turn || 0);
    Object.assign(mark.style, {
      left: `${(left / width) * 100}%`, top: `${(top / height) * 100}%`,
      width: `${((right - left) / width) * 100}%`, height: `${((bottom - top) / height) * 100}%`,
    });
    one.sheet.append(mark);
  }

  // Show where a field was read: {page, boxes: [[left, top, right, bottom]] in points, size}; null takes it away.
  async point(place) {
    for (const old of this.sheet.querySelectorAll(".mark")) old.remove();
    this.place = place;
    if (!place) return;
    const read = this.files.findLastIndex((file) => file.is_read);
    if (!this.file?.is_read && read >= 0) await this.choose(read);
    const one = this.place === place && this.file?.is_read && this.sheets?.[place.page - 1];
    if (!one || !this.sheet.clientWidth) return;
    this.near(one, place);
    this.mark(one);
    const first = this.sheet.querySelector(".mark");
    if (!first) return;
    const [seen, at] = [this.sheet.getBoundingClientRect(), first.getBoundingClientRect()];
    if (at.top < seen.top || at.bottom > seen.bottom) this.sheet.scrollTop += at.top - seen.top - seen.height / 3;
    if (at.left < seen.left || at.right > seen.right) this.sheet.scrollLeft += at.left - seen.left - 24;
  }

  // So near that small print can be read, and what was read still fits into the width.
  near(one, { boxes, size }) {
    const shown = boxes.map((box) => turned(box, size || lying(one), one.turn || 0));
    const points = shown[0][1][0];
    const perPoint = (one.sheet.clientWidth || 1) / points;
    const high = Math.min(...shown.map(([[, top, , bottom]]) => bottom - top)) * perPoint;
    const wide = Math.max(...shown.map(([[left, , right]]) => right - left)) * perPoint;
    const wanted = Math.min(LEAST_LETTERS / high, (this.sheet.clientWidth - 48) / wide);
    if (wanted < 1.1) return;
    this.zoom = SCALES.findLast((one) => one <= this.zoom * wanted + 0.01) ?? this.zoom;
    this.lay();
  }

  mark(one) {
    if (!this.place || this.sheets[this.place.page - 1] !== one || !this.file?.is_read) return;
    for (const box of this.place.boxes) this.put(element("div", { className: "mark" }), box, this.place.size, one);
  }

  // The page that is looked at, a quarter clockwise: only as it is shown.
  turnPage() {
    const one = this.sheets?.[this.now - 1];
    if (!one) return;
    Object.assign(one, { turn: (one.turn + 90) % 360, width: one.height, height: one.width });
    if (one.picture) this.paint(one);
    else this.lay();
  }

  // Draw the part of the page where a field was read; false when the file that was read is not on the page.
  async cut({ page, boxes, size, turn = 0 }, canvas) {
    await this.shown;
    const one = this.file?.is_read && this.sheets?.[page - 1];
    if (!one || !canvas) return false;
    const shown = one.number ? boxes.map((box) => turned(box, size || lying(one), turn)[0]) : boxes;
    const [x0, y0, x1, y1] = shown.reduce(([a, b, c, d], [e, f, g, i]) => [Math.min(a, e), Math.min(b, f), Math.max(c, g), Math.max(d, i)]);
    const [left, top, width, height] = [x0 - 80, y0 - 8, x1 - x0 + 160, y1 - y0 + 16]; // the words around say where it is
    const scale = Math.min(3, 900 / width);
    [canvas.width, canvas.height] = [width * scale, height * scale];
    canvas.style.aspectRatio = `${canvas.width} / ${canvas.height}`;
    canvas.style.maxWidth = `${Math.round(width * 1.5)}px`;
    const pencil = canvas.getContext("2d");
    if (one.number) {
      const drawn = await this.pdf.getPage(page);
      const viewport = drawn.getViewport({ scale, rotation: (drawn.rotate + turn) % 360, offsetX: -left * scale, offsetY: -top * scale });
      await drawn.render({ canvas, viewport }).promise;
    } else {
      const by = one.picture.naturalWidth / (size?.[0] || one.picture.naturalWidth);
      pencil.drawImage(one.picture, left * by, top * by, width * by, height * by, 0, 0, canvas.width, canvas.height);
    }
    [pencil.strokeStyle, pencil.lineWidth] = ["#b45309", 3];
    for (const [a, b, c, d] of shown) pencil.strokeRect((a - left - 2) * scale, (b - top - 2) * scale, (c - a + 4) * scale, (d - b + 4) * scale);
    return true;
  }

  rescale(how) {
    if (!this.sheets?.length) return;
    if (how === "fit") this.zoom = 1;
    else {
      const next = how === "in" ? SCALES.find((one) => one > this.zoom + 0.01) : SCALES.findLast((one) => one < this.zoom - 0.01);
      this.zoom = next ?? this.zoom;
    }
    this.lay();
  }

  tellPage() {
    const place = this.box.querySelector("[data-pages]");
    const pages = (this.sheets || []).filter((one) => one.number);
    const middle = this.sheet.scrollTop + this.sheet.clientHeight / 3;
    const now = pages.findLast((one) => one.sheet.offsetTop <= middle)?.number || 1;
    this.now = now;
    if (this.turner) this.turner.hidden = !this.sheets?.length;
    place.textContent = pages.length ? say("page", { n: now, m: pages.length }) : "";
  }
}

// Width and height of a page as it lies, however it is shown.
function lying(one) {
  return (one.turn || 0) % 180 ? [one.height, one.width] : [one.width, one.height];
}

// A place on a page as it lies, and the page's size, where they are when the page is turned clockwise.
function turned([left, top, right, bottom], [width, height], turn) {
  if (turn === 90) return [[height - bottom, left, height - top, right], [height, width]];
  if (turn === 180) return [[width - right, height - bottom, width - left, height - top], [width, height]];
  if (turn === 270) return [[top, width - right, bottom, width - left], [height, width]];
  return [[left, top, right, bottom], [width, height]];
}
