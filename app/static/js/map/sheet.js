// A canvas that covers the view and a margin, moves with the map, and is drawn anew when the map has come to rest.

import { densityOf } from "./density.js";

/** @typedef {{context: CanvasRenderingContext2D, scale: number, left: number, top: number, width: number, height: number, zoom: number, view: import("./sources.js").View, x: (worldX: number) => number, y: (worldY: number) => number}} Frame */

export const Sheet = L.Renderer.extend({
  initialize(/** @type {(frame: Frame) => void} */ draw, /** @type {any} */ options) {
    L.Renderer.prototype.initialize.call(this, { padding: 0.2, ...options });
    this._draw = draw;
  },

  _initContainer() {
    this._container = document.createElement("canvas");
    this._container.setAttribute("aria-hidden", "true");
    this._context = this._container.getContext("2d");
  },

  _destroyContainer() {
    cancelAnimationFrame(this._frame);
    this._container.remove();
  },

  _update() {
    if (this._map._animatingZoom && this._bounds) return;
    L.Renderer.prototype._update.call(this);
    const size = this._bounds.getSize();
    const ratio = this._ratio();
    const container = this._container;
    if (container.width !== Math.round(size.x * ratio) || container.height !== Math.round(size.y * ratio)) {
      container.width = Math.round(size.x * ratio);
      container.height = Math.round(size.y * ratio);
      container.style.width = `${size.x}px`;
      container.style.height = `${size.y}px`;
    }
    L.DomUtil.setPosition(container, this._bounds.min);
    this.paint();
  },

  /** Dots of the screen for a pixel of the map. */
  _ratio() {
    return (window.devicePixelRatio || 1) * densityOf(this._map.getContainer());
  },

  _updatePaths() {},
  _onZoomEnd() {},

  /** Draw soon, once a frame. */
  soon() {
    if (!this._map || this._frame) return;
    this._frame = requestAnimationFrame(() => {
      this._frame = 0;
      if (this._map && !this._map._animatingZoom) this._update();
    });
  },

  paint() {
    const [context, ratio] = [this._context, this._ratio()];
    const size = this._bounds.getSize();
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, size.x, size.y);
    const zoom = this._map.getZoom();
    const scale = 256 * 2 ** zoom;
    const origin = this._map.getPixelOrigin().add(this._bounds.min);
    const [left, top] = [origin.x / scale, origin.y / scale];
    this._draw({
      context, scale, left: origin.x, top: origin.y, width: size.x, height: size.y, zoom,
      view: { west: left, north: top, east: left + size.x / scale, south: top + size.y / scale, zoom },
      x: (/** @type {number} */ x) => x * scale - origin.x,
      y: (/** @type {number} */ y) => y * scale - origin.y,
    });
  },
});
