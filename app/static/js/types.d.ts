// Shapes that travel between the modules; read by `tsc --checkJs` only.
import type * as Leaflet from "leaflet";

declare global {
  const L: any;
  interface Window { onemap?: any }
}

export type Label = { zh: string; en: string };
export type Choice = { value: string | number; label: Label };
export type Field = {
  id: string; label: Label; type: "text" | "integer" | "number" | "boolean" | "date" | "datetime"; required?: boolean; minimum?: number | null; maximum?: number | null;
  max_length?: number; choices?: Choice[]; many?: boolean; unit?: string | null; unit_label?: Label | null; counts_as?: string | null; sensitivity?: string; reference?: string | null; description?: Label | null;
};
export type Style = { family: string; symbol: string | null; paint: string | null; shade_by: string | null; visible: boolean; min_zoom: number; label_zoom: number; order: number };
export type Ledger = {
  account: string; counterpart: string; balance: string; kind: string; effects: Record<string, "add" | "take" | "move" | "set">; quantity: string; at: string; reason: string; number: string; change: string;
  after: string; other_number: string; other_after: string; counted_in: string; unit: string; alike: string[]; least: string | null; expires: string | null;
};
export type Layer = {
  id: string; label: Label; description?: Label | null; geometry: string; geometry_sensitivity?: string; key: string | null; title: string | null; summary: string[]; ranked: boolean; exposed: boolean; drill_only: boolean; ledger?: Ledger | null; network?: object | null; profiles?: object | null; blocks?: object | null; parts?: (Record<string, any> & { part: string })[];
  out_of_service: { kind: string; need?: string; code: string }[]; zone_of?: { incident: string } | null;
  style: Style; group: { id: string; label: Label }; fields: Field[]; count: number; version: number; token: string; bounds: number[] | null;
  freshness: { verified_latest: string | null; verified_oldest: string | null; unknown: number; sources: string[]; source_dates: string[]; bands: { at: string; counts: Record<string, number> } }; allowed: string[];
};
export type Feature = { type: "Feature"; id: string; geometry: any; properties: Record<string, any>; [member: string]: any };
/** A feature ready to be drawn. `parts` are rings or lines as flat world coordinates in 0..1 (Web Mercator). */
export type Drawn = { id: string; kind: 1 | 2 | 3; parts: Float64Array[]; box: [number, number, number, number]; title: string; shade: string; count: number; properties: Record<string, any>; clip?: [number, number, number, number]; /** Of a gathered point: half as far as its members may lie. */ reach?: number };
export type Config = {
  space: { id: string; drill: boolean; past: boolean; as_of: string | null }; user: { name: string; roles: string[] }; csrf: string; upload_bytes: number; password: { length: number; classes: number; history: number; age_days: number }; language: "zh" | "en"; languages: string[]; api: string; ogc: string; static: string;
  wall: { idle_minutes: number | null } | null; entrance: string;
  district: { bbox: [number, number, number, number]; adcode: string; label: Label; neighbours: { label: Label; lon: number; lat: number }[] }; version: string; symbols: string[]; max_buffer_m: number; time_zone: string;
};
export type { Leaflet };
