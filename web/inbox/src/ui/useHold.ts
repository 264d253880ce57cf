/** A finger that stays where it is for a moment. */
import { type MouseEvent, type PointerEvent, useRef } from "react";

const HELD_MS = 500;
/** A finger trembles; one that goes farther scrolls. */
const TREMBLE_PX = 10;

export function useHold(onHold: () => void) {
  const touch = useRef<{ timer: number; x: number; y: number } | null>(null);
  const held = useRef(false);
  const end = () => {
    if (touch.current) clearTimeout(touch.current.timer);
    touch.current = null;
  };
  const handlers = {
    onPointerDown: (event: PointerEvent) => {
      held.current = false;
      if (event.pointerType === "mouse") return;
      end();
      const timer = window.setTimeout(() => {
        held.current = true;
        touch.current = null;
        onHold();
      }, HELD_MS);
      touch.current = { timer, x: event.clientX, y: event.clientY };
    },
    onPointerMove: (event: PointerEvent) => {
      const at = touch.current;
      if (at && Math.hypot(event.clientX - at.x, event.clientY - at.y) > TREMBLE_PX) end();
    },
    onPointerUp: end,
    onPointerCancel: end,
    // The browser's own menu of a link comes for the same gesture.
    onContextMenu: (event: MouseEvent) => {
      if (touch.current || held.current) event.preventDefault();
    },
  };
  /** Whether the click that comes now ends such a touch. */
  const ends = () => {
    const was = held.current;
    held.current = false;
    return was;
  };
  return { handlers, ends };
}
