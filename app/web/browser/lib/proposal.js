// A file of a proposal in the browser: saved as one works, never over somebody else's work, never lost.
//
//   const saver = autosave({
//     name: "proposal-4-bpmn:incoming",   // where it is kept in this browser while the server cannot take it
//     address, revision,                  // POST {revision, text} -> {revision, ...}; 409 {who, when}; 422 {message, ...}
//     read: async () => text,             // what is on the page now
//     status, message,                    // elements: one line of state; where dialogs' notices go
//     file: "incoming.bpmn",              // name of a download
//     another, part,                      // POST {text, file: part} -> {next}: mine as a new proposal; none: not offered
//     saved: (body) => {},                // after each save
//     refused: (body) => {},              // 422: the rule that said no; the text stays on the page
//   });
//   saver.changed();                      // something was edited
//   await saver.flush();                  // before leaving for another page
//   saver.offer(open)                     // what is still kept here from last time: open(text) when the person wants it
//   presence({ address, file, place, moved: (body) => {} });   // who else is here
//
// Words come from the page: templates/diagram/script_words.html.
import { forget, keep, kept } from "./kept.js";
import { post } from "./send.js";
import { element, say } from "./words.js";

const SAVE_AFTER_MS = 1500;
const AGAIN_AFTER_MS = 15000;
const LOOK_EVERY_MS = 15000;

export const clock = (at = new Date()) => at.toLocaleTimeString("vi-VN", { hour: "2-digit", minute: "2-digit", timeZone: "Asia/Ho_Chi_Minh" });

export const button = (words, act, more = "") => {
  const made = element("button", { type: "button", className: `button small ${more}` }, words);
  made.addEventListener("click", act);
  return made;
};

export function notice(place, kind, ...content) {
  place.className = `flash ${kind}`;
  place.replaceChildren(...content);
}

export function quiet(place) {
  place.className = "";
  place.replaceChildren();
}

export function download(file, text) {
  const link = element("a", { href: URL.createObjectURL(new Blob([text], { type: "application/octet-stream" })), download: file });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}

export function autosave(options) {
  const { name, address, read, status, message } = options;
  let revision = options.revision;
  let dirty = false;
  let stopped = false; // somebody was first: nothing of this page goes to the server any more
  let saving = null;
  let timer;
  let last = ""; // what the page held when it was last read

  const tell = (words, isBad = false) => {
    status.textContent = words;
    status.classList.toggle("bad", isBad);
  };

  function changed() {
    if (stopped) return;
    dirty = true;
    if (!saving) tell(say("unsaved"));
    later(SAVE_AFTER_MS);
  }

  function later(milliseconds) {
    clearTimeout(timer);
    timer = setTimeout(save, milliseconds);
  }

  async function save() {
    clearTimeout(timer);
    if (stopped || !dirty) return;
    if (saving) { await saving; return save(); }
    dirty = false;
    saving = send();
    await saving;
    saving = null;
    if (dirty && !stopped) later(SAVE_AFTER_MS);
  }

  async function send() {
    tell(say("saving"));
    last = await read();
    const { status: code, body } = await post(address, { revision, text: last });
    if (code === 200) {
      revision = body.revision;
      forget(name);
      if (!dirty) tell(say("saved", { n: clock() }));
      quiet(message);
      options.saved?.(body);
      return;
    }
    keep(name, { text: last, revision });
    if (code === 409) return overtaken(body);
    if (code === 401) {
      tell(say("kept_draft"), true);
      notice(message, "notice", body.message, " ", element("a", { href: body.login, target: "_blank" }, say("login_again")));
      dirty = true;
      return later(AGAIN_AFTER_MS);
    }
    if (code >= 400 && code < 500) {
      tell(say("not_saved"), true);
      if (options.refused) options.refused(body);
      else notice(message, "error", body.message || say("failed"));
      return; // the next change tries again
    }
    tell(say("kept_draft"), true);
    dirty = true;
    later(AGAIN_AFTER_MS);
  }

  // Somebody saved first: theirs stands, mine stays here until the person has chosen.
  function overtaken(body) {
    stopped = true;
    clearTimeout(timer);
    tell(say("not_saved"), true);
    const dialog = element("dialog", { className: "dialog", "aria-labelledby": "overtaken" });
    const said = element("p", { className: "bad", role: "status" });
    const act = async (work) => { said.textContent = ""; const words = await work(); if (words) said.textContent = words; };
    dialog.append(
      element("h2", { id: "overtaken" }, body.who ? say("overtaken_by", body) : body.message || say("overtaken")),
      element("p", {}, say("overtaken_help")),
      element("p", { className: "actions" },
        button(say("see_theirs"), () => { forget(name); location.reload(); }, "primary"),
        button(say("download_mine"), () => download(options.file, last)),
        ...(options.another ? [button(say("mine_anew"), () => act(anew))] : [])),
      said);
    dialog.addEventListener("cancel", (event) => event.preventDefault());
    document.body.append(dialog);
    dialog.showModal();
  }

  async function anew() {
    const { status: code, body } = await post(options.another, { text: last, file: options.part });
    if (code !== 200) return body.message || say("offline");
    forget(name);
    location.assign(body.next);
    return "";
  }

  // What the last visit could not save: the person decides; an old revision meets the dialog above.
  function offer(open) {
    const found = kept(name);
    if (!found?.value?.text) return;
    const when = new Date(found.at).toLocaleString("vi-VN", { timeZone: "Asia/Ho_Chi_Minh" });
    notice(message, "notice", say("kept_since", { when }), " ",
      button(say("open_kept"), async () => {
        quiet(message);
        if (await open(found.value.text) === false) return;
        revision = found.value.revision;
        changed();
      }), " ",
      button(say("drop_kept"), () => { forget(name); quiet(message); }));
  }

  window.addEventListener("beforeunload", (event) => { if ((dirty || saving) && !stopped) event.preventDefault(); });
  window.addEventListener("pagehide", () => { if (dirty && !stopped && last) keep(name, { text: last, revision }); });

  return {
    changed,
    offer,
    flush: save,
    stop: () => { stopped = true; clearTimeout(timer); },
    get revision() { return revision; },
    get isDirty() { return dirty || Boolean(saving); },
    get isStopped() { return stopped; },
  };
}

// Who else has this proposal open: POST {file} -> {others: [{name, file, here}], revision, who, when}.
// `here` = the same file. `moved` is told the answer when somebody saved this file since `revision()`.
export function presence({ address, file, place, revision, moved }) {
  let told = 0;
  async function look() {
    if (document.hidden) return;
    const { status, body } = await post(address, { file });
    if (status !== 200) return;
    show(body.others || []);
    if (moved && revision && body.revision > revision() && body.revision > told) {
      told = body.revision;
      moved(body);
    }
  }
  function show(others) {
    const here = others.filter((one) => one.here).map((one) => one.name);
    const near = others.filter((one) => !one.here).map((one) => one.name);
    const lines = [];
    if (here.length) lines.push(element("strong", {}, say("also_here", { who: here.join(", ") })));
    if (near.length) lines.push(say("also_near", { who: near.join(", ") }));
    if (lines.length) notice(place, "notice", ...lines.flatMap((line, index) => (index ? [" ", line] : [line])));
    else quiet(place);
  }
  look();
  const timer = setInterval(look, LOOK_EVERY_MS);
  document.addEventListener("visibilitychange", look);
  return () => clearInterval(timer);
}
