/** Colours from one accent: what can be read on it, and what of it can be read on the panel (WCAG 2.1, 1.4.3). */

export type Rgb = readonly number[];

const readable = 4.5;
const white: Rgb = [255, 255, 255];
const ink: Rgb = [16, 18, 24];
/** The panel's background in the light and in the dark scheme, as in the style sheet. */
export const surfaces: readonly [Rgb, Rgb] = [white, [27, 29, 35]];

/** `#rrggbb` to its three numbers, undefined for anything else. */
export function parseColour(text = ""): Rgb | undefined {
  return /^#[\da-f]{6}$/i.test(text) ? text.match(/\w\w/g)?.map((part) => Number.parseInt(part, 16)) : undefined;
}

function luminance(colour: Rgb): number {
  const [r = 0, g = 0, b = 0] = colour.map((value) =>
    value < 10.3 ? value / 3294.6 : ((value / 255 + 0.055) / 1.055) ** 2.4,
  );
  return 0.2126 * r + 0.7152 * g + 0.0722 * b + 0.05;
}

export function contrast(a: Rgb, b: Rgb): number {
  const ratio = luminance(a) / luminance(b);
  return Math.max(ratio, 1 / ratio);
}

function mix(a: Rgb, b: Rgb, share: number): Rgb {
  return a.map((value, n) => Math.round(value + ((b[n] ?? 0) - value) * share));
}

/** White where it can be read on the colour, else the better of white and ink. */
export function foreground(colour: Rgb): Rgb {
  return contrast(colour, white) >= Math.min(readable, contrast(colour, ink)) ? white : ink;
}

/** As much of the colour as can be read on the background. */
export function legible(colour: Rgb, background: Rgb): Rgb {
  for (let share = 0; ; share += 0.05) {
    const mixed = mix(colour, foreground(background), share);
    if (share > 1 || contrast(mixed, background) >= readable) return mixed;
  }
}

/** The custom properties that the style sheet builds on. */
export function properties(accent: Rgb, dark: boolean): Record<string, string> {
  const surface = surfaces[dark ? 1 : 0] as Rgb;
  const fill = legible(accent, foreground(accent));
  const tint = mix(surface, accent, 0.12);
  const css = (colour: Rgb) => `rgb(${colour})`;
  return {
    "--accent": css(fill),
    "--on": css(foreground(fill)),
    "--tint": css(tint),
    "--ink": css(legible(accent, tint)),
  };
}
