// The verdict over signatures: each where it stands on the page, and what came to the page after it.
import "./lib/signature.css";
import { viewersOf } from "./lib/viewer.js";

const [viewer] = viewersOf(document);
const places = JSON.parse(document.getElementById("places").textContent);

viewer?.offerRegions(places, (one) => {
  const head = document.getElementById(one.section);
  head.scrollIntoView({ block: "center" });
  head.focus();
});

for (const button of document.querySelectorAll("[data-section]")) {
  button.addEventListener("click", () => {
    const mine = places.filter((one) => one.section === button.dataset.section);
    const { changed } = button.dataset;
    const place = changed === undefined ? mine.find((one) => !one.isDoubtful) : mine.filter((one) => one.isDoubtful)[Number(changed)];
    viewer.box.scrollIntoView({ block: "nearest" });
    viewer.point(place);
  });
}

for (const button of document.querySelectorAll("[data-shown]")) {
  button.addEventListener("click", () => {
    viewer.box.scrollIntoView({ block: "nearest" });
    viewer.choose(viewer.files.findIndex((file) => file.url === button.dataset.shown));
  });
}
