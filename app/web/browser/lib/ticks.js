// Ticks that confirm what is unlikely (a deadline that is past, a twin) are shown when that is so: when the page is
// opened, or once the server has asked for one at its field. A tick that is not shown is not set.
import { element } from "./words.js";

// unasked: {key of a tick: field at which it is asked for}; gives a function that is told which fields were refused.
export function ticksOf(place, form, unasked) {
  const fields = form.get("formFieldRegistry").getAll();
  const waiting = new Map();
  for (const [tick, field] of Object.entries(unasked)) {
    const id = fields.find((one) => one.key === tick)?.id;
    if (!id || form._getState().data[tick]) continue;
    const rule = element("style", {}, `.fjs-form-field:has([id$="-${CSS.escape(id)}"]) { display: none }`);
    place.before(rule);
    waiting.set(field, [...(waiting.get(field) || []), rule]);
  }
  return (refused) => {
    for (const field of refused) for (const rule of waiting.get(field) || []) rule.remove();
  };
}
