// The ĐẾN stamp over the first page as it is shown: 50 by 35 mm, in free space. The file itself is never touched.
const [WIDE, HIGH, PAGE] = [50, 35, 210]; // mm
const DARK = 200; // brightness below which a pixel is ink
const FREE = 0.002; // share of ink that free space may have

// Lay `card` over the sheet of a page drawn on `picture`; under the number, else under the date, else where least is.
export function stampOn(sheet, picture, card) {
  const place = freePlace(picture);
  Object.assign(card.style, {
    left: `${place.x * 100}%`, top: `${place.y * 100}%`, width: `${place.width * 100}%`, height: `${place.height * 100}%`,
  });
  sheet.querySelector(":scope > .stamp")?.remove();
  sheet.append(card);
}

function freePlace(picture) {
  const wide = picture.naturalWidth || picture.width;
  const high = picture.naturalHeight || picture.height;
  const tall = Math.round((PAGE * high) / wide); // one pixel a millimetre
  const small = Object.assign(document.createElement("canvas"), { width: PAGE, height: tall });
  const pen = small.getContext("2d", { willReadFrequently: true });
  pen.fillStyle = "#fff";
  pen.fillRect(0, 0, PAGE, tall);
  pen.drawImage(picture, 0, 0, PAGE, tall);
  const { data } = pen.getImageData(0, 0, PAGE, tall);
  let best = null;
  for (const [x, y] of places(tall)) {
    const ink = inkIn(data, x, y);
    if (!best || ink < best.ink) best = { x, y, ink };
    if (ink <= FREE) break;
  }
  return { x: best.x / PAGE, y: best.y / tall, width: WIDE / PAGE, height: HIGH / tall };
}

function* places(tall) {
  for (const x of [25, 130]) {
    for (let y = 45; y <= Math.min(125, tall - HIGH); y += 2) yield [x, y];
  }
  for (let y = 5; y + HIGH <= tall; y += 10) for (let x = 10; x + WIDE <= PAGE; x += 10) yield [x, y];
  yield [25, 0];
}

function inkIn(data, left, top) {
  let dark = 0;
  for (let y = top; y < top + HIGH; y += 1) {
    for (let x = left; x < left + WIDE; x += 1) {
      const at = (y * PAGE + x) * 4;
      if ((data[at] * 3 + data[at + 1] * 6 + data[at + 2]) / 10 < DARK) dark += 1;
    }
  }
  return dark / (WIDE * HIGH);
}
