// Where a scan is not what was approved: the place is cut out of the page and shown beside the approved words.
export async function placesOf(root, viewer) {
  const places = [...root.querySelectorAll("canvas[data-place]")];
  for (const canvas of viewer ? places : []) {
    const place = JSON.parse(canvas.dataset.place);
    canvas.hidden = !await viewer.cut(place, canvas);
    canvas.addEventListener("click", () => viewer.point(place));
  }
}
