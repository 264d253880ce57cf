/** A dialog that is open for as long as it is drawn. The focus goes back to what had it. */
import { Modal, type ModalProps } from "@mantine/core";
import { useEffect, useState } from "react";

const OPEN = '[role="dialog"]';

/** What had the focus before the first of several dialogs that follow one another. */
let opener: Element | null = null;

function focused(): Element | null {
  const { activeElement } = document;
  if (document.querySelector(OPEN) === null) opener = activeElement;
  return activeElement;
}

function giveBack(before: Element | null): void {
  const target = before?.isConnected && before !== document.body ? before : opener;
  // A dialog that has followed this one keeps the focus.
  if (!(target instanceof HTMLElement) || (document.querySelector(OPEN) !== null && !target.closest(OPEN))) return;
  target.focus({ preventScroll: true });
}

/** Mantine gives the focus back when `opened` changes, which it never does here. */
export function Dialog(props: Omit<ModalProps, "opened">) {
  const [before] = useState(focused);
  useEffect(
    () => () => {
      // What was focused in the dialog is gone a moment later; what takes the focus by itself keeps it.
      setTimeout(() => {
        const lost = document.activeElement === null || document.activeElement === document.body;
        if (lost) giveBack(before);
      });
    },
    [before],
  );
  return <Modal opened {...props} />;
}
