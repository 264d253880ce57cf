// What Mantine asks a browser for and jsdom does not have.
import { cleanup } from "@testing-library/react";
import { afterEach } from "vitest";

window.matchMedia = (media: string): MediaQueryList =>
  ({
    matches: false,
    media,
    onchange: null,
    addEventListener: () => {},
    removeEventListener: () => {},
    addListener: () => {},
    removeListener: () => {},
    dispatchEvent: () => false,
  }) satisfies MediaQueryList;

window.ResizeObserver = class {
  observe() {}
  unobserve() {}
  disconnect() {}
};

afterEach(cleanup);
