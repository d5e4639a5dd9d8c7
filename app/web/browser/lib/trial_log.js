// What happened in a trial, in words: the twin of the picture on the diagram.
import { element, say } from "./words.js";

export function logOf(list, data) {
  const pairs = (given) => given.map(([name, value]) => `${name}: ${value}`).join("; ");

  function line(entry) {
    return element("li", {},
      element("p", {}, element("strong", {}, entry.label), ...(entry.outside ? [" ", element("span", { className: "tag pretended" }, say("pretended"))] : [])),
      element("p", { className: "quiet" }, [entry.role, entry.text === entry.label ? "" : entry.text].filter(Boolean).join(": ")),
      ...(entry.gives.length ? [element("p", { className: "gives" }, pairs(entry.gives))] : []));
  }

  return (seen) => {
    const groups = new Map();
    for (const entry of seen.log) {
      if (!groups.has(entry.move)) groups.set(entry.move, []);
      groups.get(entry.move).push(entry);
    }
    list.replaceChildren(...[...groups].map(([move, entries]) => element("li", {},
      element("h3", {}, move ? say("move_n", { n: move }) : say("before_moves")),
      element("ol", {}, ...entries.map(line)))));
    const rows = seen.milestones.length ? [[say("steps_stand"), seen.milestones.join("; ")], ...seen.data] : seen.data;
    data.replaceChildren(...rows.flatMap(([name, value]) => [element("dt", {}, name), element("dd", {}, value)]));
  };
}
