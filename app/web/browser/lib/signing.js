// How one signs: the way that was chosen, and what one accepts in the place of a proof that cannot be had now.
import { element } from "./words.js";

export class Signing {
  constructor(root) {
    this.select = root.querySelector("[data-way]");
    this.accepts = "";
  }

  // What goes to the server beside the form.
  choice() { return { way: this.select?.value || "", accepts: this.accepts }; }

  // What may be accepted, as a box that one ticks by oneself.
  offer({ level, words }) {
    const box = element("input", { type: "checkbox" });
    box.addEventListener("change", () => { this.accepts = box.checked ? level : ""; });
    this.accepts = "";
    return element("label", { className: "accepts" }, box, " ", words);
  }
}
