// The ĐẾN stamp over the first page as it is shown, in space where nothing is written. The file itself is never touched.
const [WIDE, HIGH, PAGE] = [50, 35, 210]; // mm
const FINE = 4; // points of the picture looked at in a millimetre: at one, thin letters fade into the paper
const INK = 0.72; // darker than this share of the paper is ink
const SPECK = 2; // points of ink in a square millimetre that are none
const RIM = 1; // mm kept free around it
const HEAD = 45; // mm from the top that the head takes where nobody read it
const SIZES = [1, 0.85, 0.7];
const MARGIN = 0.5; // the size that stands in the left margin of NĐ 30/2020, 30 mm

// Lay `card` over the sheet of a page drawn on `picture`. NĐ 30/2020: at the left, below number and notation (of an
// official letter below its subject, `card.dataset.below`, a share of the page); where that is full, smaller, or in
// the left margin; else in other free space from the top; else where least is written, with the writing seen through.
export function stampOn(sheet, picture, card) {
  const wide = picture.naturalWidth || picture.width;
  const tall = Math.round((PAGE * (picture.naturalHeight || picture.height)) / wide);
  const place = freePlace(inked(picture, tall), tall, card.dataset.below ? card.dataset.below * tall : HEAD);
  Object.assign(card.style, {
    left: `${(place.x / PAGE) * 100}%`, top: `${(place.y / tall) * 100}%`,
    width: `${((WIDE * place.size) / PAGE) * 100}%`, height: `${((HIGH * place.size) / tall) * 100}%`,
  });
  card.classList.toggle("over", place.ink > 0);
  sheet.querySelector(":scope > .stamp")?.remove();
  sheet.append(card);
}

// How many square millimetres of a rectangle bear ink: sums over the page, so that a rectangle costs four look-ups.
function inked(picture, tall) {
  const small = Object.assign(document.createElement("canvas"), { width: PAGE * FINE, height: tall * FINE });
  const pen = small.getContext("2d", { willReadFrequently: true });
  pen.fillStyle = "#fff";
  pen.fillRect(0, 0, small.width, small.height);
  pen.drawImage(picture, 0, 0, small.width, small.height);
  const { data } = pen.getImageData(0, 0, small.width, small.height);
  const light = new Uint8Array(small.width * small.height);
  const counts = new Uint32Array(256);
  for (let at = 0; at < light.length; at += 1) {
    light[at] = (data[at * 4] * 3 + data[at * 4 + 1] * 6 + data[at * 4 + 2]) / 10;
    counts[light[at]] += 1;
  }
  let paper = 255;
  for (let seen = counts[255]; seen < light.length / 2 && paper > 0; paper -= 1) seen += counts[paper - 1];
  const dark = new Uint16Array(PAGE * tall);
  for (let y = 0; y < tall * FINE; y += 1) {
    for (let x = 0; x < PAGE * FINE; x += 1) {
      if (light[y * PAGE * FINE + x] < paper * INK) dark[Math.floor(y / FINE) * PAGE + Math.floor(x / FINE)] += 1;
    }
  }
  const sums = new Uint32Array((PAGE + 1) * (tall + 1));
  for (let y = 1; y <= tall; y += 1) {
    for (let x = 1; x <= PAGE; x += 1) {
      const at = y * (PAGE + 1) + x;
      sums[at] = sums[at - 1] + sums[at - PAGE - 1] - sums[at - PAGE - 2] + (dark[(y - 1) * PAGE + x - 1] > SPECK);
    }
  }
  return (left, top, right, bottom) => {
    const [a, b] = [Math.max(0, top) * (PAGE + 1), Math.min(tall, bottom) * (PAGE + 1)];
    const [c, d] = [Math.max(0, left), Math.min(PAGE, right)];
    return sums[b + d] - sums[a + d] - sums[b + c] + sums[a + c];
  };
}

function freePlace(ink, tall, below) {
  let best = null;
  for (const [x, y, size] of places(tall, Math.round(below))) {
    const [right, bottom] = [x + Math.ceil(WIDE * size), y + Math.ceil(HIGH * size)];
    if (right > PAGE || bottom > tall) continue;
    const found = ink(x - RIM, y - RIM, right + RIM, bottom + RIM);
    if (!best || found < best.ink) best = { x, y, size, ink: found };
    if (!found) break;
  }
  return best || { x: 0, y: 0, size: MARGIN, ink: 1 };
}

function* places(tall, below) {
  for (const size of SIZES) {
    for (let y = below + RIM; y <= below + tall * 0.15; y += 1) for (let x = 18; x <= 60; x += 3) yield [x, y, size];
  }
  for (let y = below + RIM; y <= below + tall * 0.25; y += 1) for (let x = RIM; x <= 20; x += 1) yield [x, y, MARGIN];
  for (const size of SIZES) {
    for (let y = 2; y < tall; y += 3) for (let x = 4; x < PAGE; x += 4) yield [x, y, size];
  }
}
