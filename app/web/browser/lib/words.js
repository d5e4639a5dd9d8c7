// The sentences that scripts show, in the language of the page (templates/parts.html, script_words; a page may add its own).

const table = JSON.parse(document.getElementById("words")?.textContent || "{}");
for (const more of document.querySelectorAll("script[data-words]")) Object.assign(table, JSON.parse(more.textContent));

export function say(name, facts = {}) {
  return (table[name] || name).replace(/\{(\w+)\}/g, (_, key) => facts[key] ?? "");
}

export function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name in made && name !== "list") made[name] = value;
    else made.setAttribute(name, value);
  }
  made.append(...children);
  return made;
}
