// How one signs: the way that was chosen, what one accepts in the place of a proof that cannot be had now, and the
// talk with the signing service on one's own computer: it fetches the file, asks the PIN itself and sends the file back.
import { post } from "./send.js";
import { element, say } from "./words.js";

const PATIENCE_MS = 5 * 60 * 1000;

export class Signing {
  constructor(root) {
    this.select = root.querySelector("[data-way]");
    this.client = root.querySelector("[data-client]");
    this.accepts = "";
  }

  get way() { return this.select?.value || ""; }

  // What goes to the server beside the form.
  choice() { return { way: this.way, accepts: this.accepts }; }

  // The field of the PIN is not shown while the service on one's own computer asks for it.
  hide(place, id) {
    if (!this.client || !id) return;
    const rule = element("style", {}, `.without-pin .fjs-form-field:has([id$="-${CSS.escape(id)}"]) { display: none }`);
    place.before(rule);
    const change = () => {
      place.classList.toggle("without-pin", this.way === "client");
      this.client.hidden = this.way !== "client";
    };
    this.select.addEventListener("change", change);
    change();
  }

  // What may be accepted, as a box that one ticks by oneself.
  offer({ level, words }) {
    const box = element("input", { type: "checkbox" });
    box.addEventListener("change", () => { this.accepts = box.checked ? level : ""; });
    this.accepts = "";
    return element("label", { className: "accepts" }, box, " ", words);
  }


  // {visit} when the service has signed and the server has found it right; {error} in words, {stops} when the next
  // document would fare no better; {} for other ways.
  async elsewhere(version, tell, begin = this.client?.dataset.begin) {
    if (this.way !== "client" || !begin) return {};
    const { status, body } = await post(begin, { version, accepts: this.accepts });
    if (status !== 200) return {
      error: status === 0 ? say("offline") : Object.values(body.errors || {}).flat().join(" ") || body.message || say("failed"),
      status, body, stops: body?.stops || status === 0 || status === 401 };
    tell(say("client_waits"));
    const answer = await asked(body.address, body.request);
    if (answer.error) return { error: answer.error, stops: true };
    if (answer.Status !== 0) return { error: say("client_failed", { why: answer.Message || answer.Status }) };
    return { visit: body.visit };
  }
}

// One request to the service, one answer.
function asked(address, request) {
  return new Promise((resolve) => {
    let socket;
    let isOpen = false;
    let timer;
    const end = (answer) => { clearTimeout(timer); resolve(answer); socket?.close(); };
    try {
      socket = new WebSocket(address);
    } catch {
      return resolve({ error: say("client_absent") });
    }
    timer = setTimeout(() => end({ error: say("client_silent") }), PATIENCE_MS);
    socket.onopen = () => { isOpen = true; socket.send(JSON.stringify(request)); };
    socket.onmessage = ({ data }) => {
      try {
        end(JSON.parse(data));
      } catch {
        end({ error: say("client_silent") });
      }
    };
    socket.onclose = () => end({ error: say(isOpen ? "client_silent" : "client_absent") });
    socket.onerror = () => end({ error: say(isOpen ? "client_silent" : "client_absent") });
  });
}
