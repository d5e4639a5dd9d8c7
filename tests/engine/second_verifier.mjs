// A second verifier of the bundle of a document's history, written from app/records/FORMAT.md and nothing else.
// node second_verifier.mjs FILE.zip [TRUST] prints "true", or the first fault. It checks 1-4 of that page; not PDF signatures.

import { createHash, createPublicKey, verify } from "node:crypto";
import { readFileSync } from "node:fs";
import { inflateRawSync } from "node:zlib";

const sha = (...parts) => parts.reduce((hash, part) => hash.update(part), createHash("sha256")).digest();
const hex = (...parts) => sha(...parts).toString("hex");
const ZEROS = "0".repeat(64);

class Fault extends Error {}
const must = (holds, words) => { if (!holds) throw new Fault(words); };

// keys sorted, no spaces, nothing escaped that need not be
const canonical = (value) => {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  return `{${Object.keys(value).sort().map((key) => `${JSON.stringify(key)}:${canonical(value[key])}`).join(",")}}`;
};
const pick = (value, names) => Object.fromEntries(names.split(", ").map((name) => {
  must(name in value, `${name} is not there`);
  return [name, value[name]];
}));

function unzip(data) {
  let end = data.length - 22;
  while (end >= 0 && data.readUInt32LE(end) !== 0x06054b50) end -= 1;
  must(end >= 0, "not a zip");
  const files = new Map();
  for (let left = data.readUInt16LE(end + 10), at = data.readUInt32LE(end + 16); left > 0; left -= 1) {
    const [method, packed] = [data.readUInt16LE(at + 10), data.readUInt32LE(at + 20)];
    const [nameLength, extra, comment] = [28, 30, 32].map((o) => data.readUInt16LE(at + o));
    const name = data.toString("utf8", at + 46, at + 46 + nameLength);
    const local = data.readUInt32LE(at + 42);
    const start = local + 30 + data.readUInt16LE(local + 26) + data.readUInt16LE(local + 28);
    const body = data.subarray(start, start + packed);
    must(!files.has(name), `${name} is there twice`);
    files.set(name, method === 8 ? inflateRawSync(body) : body);
    at += 46 + nameLength + extra + comment;
  }
  return files;
}

function checkFiles(files, manifest) {
  must(manifest.format === "qlvb-history" && manifest.version === 4, "another format");
  for (const [name, hash] of Object.entries(manifest.files)) {
    must(files.has(name), `${name} is gone`);
    must(hex(files.get(name)) === hash, `${name} was changed`);
  }
  for (const name of files.keys()) {
    must(name in manifest.files || ["manifest.json", "manifest.sig"].includes(name), `${name} is not named`);
  }
  must("verify.py" in manifest.files, "verify.py is left out");
}

const ACT = "subject, number, at, actor_id, on_behalf_of_id, kind, element, occurrence, label, moves, release_sha256, "
  + "input_hash, changes_hash, state_hash, previous_hash, agency_id";

function checkChain(acts, manifest) {
  must(acts.length === manifest.acts && acts.length > 0, "acts are cut off");
  const removers = acts.filter((act) => act.kind === "content_removed" && act.input !== null);
  const isRemoved = ({ number }) => removers.some((act) => act.number > number
    && (JSON.parse(act.input).acts ?? act.number - 1) >= number);
  acts.reduce((previous, act, index) => {
    const where = `act ${index + 1}`;
    must(act.subject === manifest.subject && act.number === index + 1, `${where} is not where it should be`);
    must(act.previous_hash === previous, `${where} does not follow the act before`);
    must(hex(canonical(pick(act, ACT))) === act.hash, `${where} was changed`);
    must((act.input === null) === (act.changes === null), `half of the content of ${where} is gone`);
    for (const [text, hash] of [[act.input, act.input_hash], [act.changes, act.changes_hash]]) {
      must(text === null ? isRemoved(act) : hex(text) === hash, `content of ${where} is not what was done`);
    }
    return act.hash;
  }, ZEROS);
}

function checkReleases(acts, manifest, files) {
  for (const [hash, parts] of Object.entries(manifest.releases)) {
    must(hex(canonical(parts)) === hash, `release ${hash} is not of its parts`);
    for (const part of Object.values(parts)) {
      must(files.has(`releases/${part}`) && hex(files.get(`releases/${part}`)) === part, `part ${part} is not there`);
    }
  }
  for (const act of acts) {
    must(act.release_sha256 === "" || act.release_sha256 in manifest.releases, `release of act ${act.number} is gone`);
  }
}

function checkAttached(acts, manifest, files) {
  const rows = new Map();
  for (const [table, key, columns] of acts.flatMap((act) => JSON.parse(act.changes ?? "[]"))) {
    if (table !== "attachment") continue;
    const row = rows.get(key) ?? {};
    for (const [name, [, value]] of Object.entries(columns)) row[name] = value;
    rows.set(key, row);
  }
  const held = [...files.keys()].filter((name) => name.startsWith("files/"));
  for (const name of held) {
    const hash = name.slice(6, 70);
    must(hex(files.get(name)) === hash, `${name} has another name`);
    must([...rows.values()].some((row) => row.sha256 === hash), `${name} was put in`);
  }
  for (const row of rows.values()) {
    if (!row.sha256 || row.removed_at) continue;
    const name = held.find((one) => one.slice(6, 70) === row.sha256);
    must(name, `file ${row.sha256} is left out`);
    must(!["signed_leader", "signed", "preserved", "copy"].includes(row.kind) || manifest.signed.includes(name), `${name} is not named as signed`);
  }
}

const SEAL = "agency_id, number, at, last_act_id, leaves, root, previous_hash, key_id";

function checkSeals(acts, sealed, pem) {
  const [last, { leaf }] = [acts.at(-1), sealed];
  must(["subject", "number", "hash"].every((name) => leaf[name] === last[name]), "the last act is not sealed");
  must(sealed.seals.length > 0, "there is no seal");
  must(sealed.seals.some((seal) => seal.stamp !== ""), "no seal is stamped");
  const top = sealed.proof.reduce((node, [side, beside]) => {
    must(side === "left" || side === "right", "no way to the root");
    const other = Buffer.from(beside, "hex");
    return side === "left" ? sha("\u0001", other, node) : sha("\u0001", node, other);
  }, sha("\u0000", canonical([leaf.subject, leaf.number, leaf.hash])));
  must(top.toString("hex") === sealed.seals[0].root, "the last act is not under the root");
  sealed.seals.forEach((seal, index) => {
    const data = canonical(pick(seal, SEAL));
    must(hex(data) === seal.hash, `seal ${seal.number} was changed`);
    must(seal.key_id === hex(pem), `seal ${seal.number} is of another key`);
    must(index === 0 || (seal.previous_hash === sealed.seals[index - 1].hash
      && seal.number === sealed.seals[index - 1].number + 1), `seal ${seal.number} does not follow`);
    must(verify("sha256", Buffer.from(data), createPublicKey(pem), Buffer.from(seal.signature, "base64")),
      `signature of seal ${seal.number}`);
    must(seal.stamp === "" || Buffer.from(seal.stamp, "base64").includes(Buffer.from(seal.hash, "hex")),
      `stamp of seal ${seal.number} is of something else`);
  });
}

try {
  const files = unzip(readFileSync(process.argv[2]));
  const json = (name) => JSON.parse(files.get(name)?.toString("utf8") ?? "null");
  const manifest = json("manifest.json");
  checkFiles(files, manifest);
  const acts = files.get("acts.jsonl").toString("utf8").split("\n").filter(Boolean).map((line) => JSON.parse(line));
  checkChain(acts, manifest);
  checkAttached(acts, manifest, files);
  checkReleases(acts, manifest, files);
  const pem = process.argv[3] ? readFileSync(`${process.argv[3]}/seal.pem`) : files.get("trust/seal.pem");
  checkSeals(acts, json("seal.json"), pem);
  must(verify("sha256", files.get("manifest.json"), createPublicKey(pem),
    Buffer.from(files.get("manifest.sig").toString(), "base64")), "the manifest is not signed by the seal's key");
  console.log("true");
} catch (fault) {
  console.log(fault instanceof Fault ? fault.message : `not readable: ${fault.message}`);
  process.exitCode = 1;
}
