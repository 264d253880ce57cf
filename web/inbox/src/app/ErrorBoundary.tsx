/** A fault of the page itself: said in words, with a way out, never an empty screen. */
import { Component, type ReactNode } from "react";
import { Splash } from "@/app/Splash";

export class ErrorBoundary extends Component<{ children: ReactNode }, { failed: boolean }> {
  override state = { failed: false };

  static getDerivedStateFromError(): { failed: boolean } {
    return { failed: true };
  }

  override render(): ReactNode {
    if (this.state.failed) return <Splash failed retry={() => location.reload()} />;
    return this.props.children;
  }
}
