/** A dialog that is open for as long as it is drawn. The focus goes back to what had it. */
import { Modal, type ModalProps } from "@mantine/core";
import { useEffect, useState } from "react";

/** Mantine gives the focus back when `opened` changes, which it never does here. */
export function Dialog(props: Omit<ModalProps, "opened">) {
  const [before] = useState(() => document.activeElement);
  useEffect(
    () => () => {
      // What was focused in the dialog is gone a moment later; what takes the focus by itself keeps it.
      setTimeout(() => {
        const lost = document.activeElement === null || document.activeElement === document.body;
        if (lost && before instanceof HTMLElement) before.focus({ preventScroll: true });
      });
    },
    [before],
  );
  return <Modal opened {...props} />;
}
