// Paths of shapes on a canvas: what every painting module uses.

/** @typedef {import("../types").Drawn} Drawn @typedef {import("./sheet.js").Frame} Frame */

/** @param {Frame} frame @param {Drawn} drawn @param {boolean} close */
export function trace(frame, drawn, close) {
  const { context } = frame;
  for (const part of drawn.parts) {
    let [px, py] = [NaN, NaN];
    for (let i = 0; i < part.length; i += 2) {
      const [x, y] = [frame.x(part[i]), frame.y(part[i + 1])];
      if (i === 0) context.moveTo(x, y);
      else if (Math.abs(x - px) > 0.5 || Math.abs(y - py) > 0.5 || i === part.length - 2) context.lineTo(x, y);
      else continue;
      [px, py] = [x, y];
    }
    if (close) context.closePath();
  }
}

/** Keep to the tile a shape came with, or its neighbour's half would be drawn twice. @param {Frame} frame @param {Drawn} drawn @param {() => void} paint */
export function clipped(frame, drawn, paint) {
  if (!drawn.clip) return paint();
  const { context } = frame;
  const [x, y] = [frame.x(drawn.clip[0]), frame.y(drawn.clip[1])];
  context.save();
  context.beginPath();
  context.rect(x, y, frame.x(drawn.clip[2]) - x, frame.y(drawn.clip[3]) - y);
  context.clip();
  paint();
  context.restore();
}

/** Shapes of one tile have one clip: it is set once for all of them. @param {Frame} frame @param {Drawn[]} shapes @param {(drawn: Drawn) => void} paint */
function byTile(frame, shapes, paint) {
  for (let i = 0; i < shapes.length; ) {
    let end = i + 1;
    while (end < shapes.length && shapes[end].clip === shapes[i].clip) end++;
    const some = shapes.slice(i, end);
    clipped(frame, shapes[i], () => some.forEach(paint));
    i = end;
  }
}

/** @param {Frame} frame @param {Drawn[]} shapes @param {string} colour @param {number} [alpha] */
export function fillAreas(frame, shapes, colour, alpha = 1) {
  const { context } = frame;
  context.fillStyle = colour;
  context.globalAlpha = alpha;
  byTile(frame, shapes, (drawn) => {
    context.beginPath();
    trace(frame, drawn, true);
    context.fill("evenodd");
  });
  context.globalAlpha = 1;
}

/** @param {Frame} frame @param {Drawn[]} shapes @param {{colour: string, width: number, dash?: number[], alpha?: number, cap?: CanvasLineCap}} how */
export function strokeLines(frame, shapes, how) {
  const { context } = frame;
  context.strokeStyle = how.colour;
  context.lineWidth = how.width;
  context.globalAlpha = how.alpha ?? 1;
  context.setLineDash(how.dash || []);
  context.lineJoin = "round";
  context.lineCap = how.cap || (how.dash ? "butt" : "round");
  byTile(frame, shapes, (drawn) => {
    context.beginPath();
    trace(frame, drawn, false); // rings of a polygon end where they began
    context.stroke();
  });
  context.globalAlpha = 1;
  context.setLineDash([]);
}
