// The document on the page: PDFs drawn by pdf.js as they come into view, images by the browser, the rest to download.
import * as pdfjs from "pdfjs-dist";
import { stampOn } from "./stamp.js";
import { element, say } from "./words.js";

const dist = new URL("./", import.meta.url).pathname.replace(/chunk.*$/, "");
pdfjs.GlobalWorkerOptions.workerSrc = `${dist}pdf.worker.min.mjs`;
const SCALES = [0.5, 0.67, 0.8, 1, 1.25, 1.5, 2, 2.5, 3];

export function viewersOf(root) {
  return [...root.querySelectorAll("[data-viewer]")].map((box) => new Viewer(box));
}

class Viewer {
  constructor(box) {
    this.box = box;
    this.sheet = box.querySelector("[data-sheet]");
    this.files = JSON.parse(box.querySelector("[data-files]").textContent);
    this.zoom = 1;
    const choice = box.querySelector("[data-file]");
    choice?.addEventListener("change", () => this.show(Number(choice.value)));
    for (const button of box.querySelectorAll("[data-zoom]")) {
      button.addEventListener("click", () => this.rescale(button.dataset.zoom));
    }
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
    if (this.files.length) this.show(this.files.length - 1);
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
      if (turn === this.turn) this.offer(file, say("broken_file"));
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
    this.sheets = [{ sheet, width: picture.naturalWidth, height: picture.naturalHeight, drawn: true }];
    this.sheet.append(sheet);
    this.lay();
    this.seal(sheet, picture);
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
      this.sheets.push({ sheet, number, width: first.width, height: first.height });
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
    if (!one.number || one.drawn || !this.pdf || this.sheet.clientWidth < 50) return;
    one.drawn = true;
    const pdf = this.pdf;
    const page = await pdf.getPage(one.number);
    if (pdf !== this.pdf) return;
    const own = page.getViewport({ scale: 1 });
    const scale = this.scale();
    if (own.width !== one.width || own.height !== one.height) {
      Object.assign(one, { width: own.width, height: own.height });
      one.sheet.style.width = `${own.width * scale}px`;
      one.sheet.style.height = `${own.height * scale}px`;
    }
    const sharp = Math.min(window.devicePixelRatio || 1, 2);
    const viewport = page.getViewport({ scale: scale * sharp });
    const canvas = element("canvas", { width: Math.floor(viewport.width), height: Math.floor(viewport.height) });
    one.work?.cancel();
    one.work = page.render({ canvas, viewport, annotationMode: pdfjs.AnnotationMode.ENABLE });
    try { await one.work.promise; } catch (error) { if (error?.name === "RenderingCancelledException") return; throw error; }
    const text = element("div", { className: "textLayer" });
    text.style.setProperty("--total-scale-factor", scale);
    one.sheet.replaceChildren(canvas, text);
    one.sheet.dataset.drawn = "1";
    this.mark(one);
    if (one.number === 1) this.seal(one.sheet, canvas);
    new pdfjs.TextLayer({ textContentSource: page.streamTextContent(), container: text, viewport: page.getViewport({ scale }) }).render()
      .catch(() => {});
  }

  // Show where a field was read: {page, boxes: [[left, top, right, bottom]] in points}; null takes it away.
  point(place) {
    this.place = this.file?.is_read ? place : null;
    for (const old of this.sheet.querySelectorAll(".mark")) old.remove();
    const one = this.place && this.sheets?.[this.place.page - 1];
    if (one) this.mark(one);
    const first = this.sheet.querySelector(".mark");
    if (!first) return;
    const [seen, at] = [this.sheet.getBoundingClientRect(), first.getBoundingClientRect()];
    if (at.top < seen.top || at.bottom > seen.bottom) this.sheet.scrollTop += at.top - seen.top - 60;
  }

  mark(one) {
    if (!this.place || this.sheets[this.place.page - 1] !== one) return;
    for (const [left, top, right, bottom] of this.place.boxes) {
      const mark = element("div", { className: "mark" });
      Object.assign(mark.style, {
        left: `${(left / one.width) * 100}%`, top: `${(top / one.height) * 100}%`,
        width: `${((right - left) / one.width) * 100}%`, height: `${((bottom - top) / one.height) * 100}%`,
      });
      one.sheet.append(mark);
    }
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
    place.textContent = pages.length ? say("page", { n: now, m: pages.length }) : "";
  }
}
