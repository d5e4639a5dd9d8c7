// What a person typed and the server could not take, kept in this browser until it can; cleared at log-out.

const PREFIX = "qlvb-kept-";

export function keep(name, value) {
  try { localStorage.setItem(PREFIX + name, JSON.stringify({ at: Date.now(), value })); } catch { /* full or shut */ }
}

export function kept(name) {
  try { return JSON.parse(localStorage.getItem(PREFIX + name) || "null"); } catch { return null; }
}

export function forget(name) {
  try { localStorage.removeItem(PREFIX + name); } catch { /* shut */ }
}

export function forgetKept() {
  try {
    for (const key of Object.keys(localStorage)) if (key.startsWith(PREFIX)) localStorage.removeItem(key);
  } catch { /* shut */ }
}
