// Talking to the server: JSON with the CSRF header, and files with progress. Never throws for an answer.

// An answer that does not come by then is none: the page says so and offers to try again.
const LONGEST_MS = 180000;

const token = () => document.querySelector("meta[name=csrf-token]").content;

// {status, body}; status 0 when the server could not be reached.
export async function post(address, body, { keepalive = false } = {}) {
  try {
    const answer = await fetch(address, {
      method: "POST",
      keepalive,
      signal: AbortSignal.timeout(LONGEST_MS),
      credentials: "same-origin",
      headers: { "Content-Type": "application/json", Accept: "application/json", "X-CSRFToken": token() },
      body: JSON.stringify(body),
    });
    return { status: answer.status, body: await answer.json().catch(() => ({})) };
  } catch {
    return { status: 0, body: {} };
  }
}

// The same for one file; progress(0..1) while it goes up, then the server looks into it.
export function upload(address, file, progress) {
  return new Promise((resolve) => {
    const request = new XMLHttpRequest();
    request.open("POST", address);
    request.setRequestHeader("X-CSRFToken", token());
    request.setRequestHeader("Accept", "application/json");
    request.responseType = "json";
    request.upload.onprogress = (event) => event.lengthComputable && progress(event.loaded / event.total);
    request.onload = () => resolve({ status: request.status, body: request.response || {} });
    request.onerror = request.onabort = request.ontimeout = () => resolve({ status: 0, body: {} });
    const form = new FormData();
    form.append("file", file);
    request.send(form);
  });
}
