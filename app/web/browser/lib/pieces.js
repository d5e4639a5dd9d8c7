// Send a file in pieces: what the server has stays there when the line drops, and it goes on from that place.
import { post } from "./send.js";

const token = () => document.querySelector("meta[name=csrf-token]").content;
const PAUSES = [1, 2, 4, 8, 15, 30];

// Names the same file again after a reload: name, size and time of change, never its content.
function fingerprint(file) {
  const words = `${file.name}|${file.size}|${file.lastModified}`;
  let found = "";
  for (let seed = 1; seed <= 8; seed += 1) {
    let hash = 0x811c9dc5 ^ (seed * 0x9e3779b1);
    for (const char of words) hash = Math.imul(hash ^ char.codePointAt(0), 0x01000193 + 2 * seed);
    found += (hash >>> 0).toString(16).padStart(8, "0");
  }
  return found;
}

function patch(address, offset, piece, progress) {
  return new Promise((resolve) => {
    const request = new XMLHttpRequest();
    request.open("PATCH", address);
    request.setRequestHeader("X-CSRFToken", token());
    request.setRequestHeader("Accept", "application/json");
    request.setRequestHeader("Content-Type", "application/octet-stream");
    request.setRequestHeader("Upload-Offset", String(offset));
    request.responseType = "json";
    request.timeout = 120000;
    request.upload.onprogress = (event) => progress(offset + event.loaded);
    request.onload = () => resolve({ status: request.status, body: request.response || {} });
    request.onerror = request.onabort = request.ontimeout = () => resolve({ status: 0, body: {} });
    request.send(piece);
  });
}

// Until the line is back, or the pause is over.
const wait = (seconds) => new Promise((resolve) => {
  const over = () => { clearTimeout(timer); window.removeEventListener("online", over); resolve(); };
  const timer = setTimeout(over, seconds * 1000);
  window.addEventListener("online", over);
});

const isAway = (status) => status === 0 || status === 502 || status === 503 || status === 504;

// {status, body}: 200 when the file is there and judged. `told({part, isLost})` while it goes up; `hasBegun()` when the
// server knows of the file: its place among those chosen with it is given then.
export async function sendPieces(address, file, hasBegun, told) {
  const part = (at) => (file.size ? Math.min(1, at / file.size) : 1);
  let tries = 0;
  let offset = null; // as the server said last; null: it has not said yet
  for (;;) {
    const begun = await post(address, { key: fingerprint(file), name: file.name, size: file.size });
    let isLost = isAway(begun.status);
    if (!isLost) {
      hasBegun();
      if (begun.status !== 200 || begun.body.done) return begun;
      offset = begun.body.offset;
      told({ part: part(offset) });
    }
    while (!isLost) {
      const piece = file.slice(offset, offset + begun.body.piece);
      const sent = await patch(`${address}/${begun.body.id}`, offset, piece, (at) => told({ part: part(at) }));
      if (sent.status === 200 && sent.body.done) return sent;
      if (sent.status === 200 || (sent.status === 409 && Number.isInteger(sent.body.offset))) {
        tries = sent.status === 200 ? 0 : tries + 1;
        offset = sent.body.offset;
        isLost = tries > PAUSES.length;
      } else if (isAway(sent.status)) isLost = true;
      else return sent;
    }
    told({ part: offset === null ? null : part(offset), isLost: true });
    await wait(PAUSES[Math.min(tries, PAUSES.length - 1)]);
    tries += 1;
  }
}
