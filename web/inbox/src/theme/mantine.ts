/** Mantine's defaults. Colours and sizes come from tokens.css: styles are never injected, so the CSP can stay strict. */
import { createTheme } from "@mantine/core";

export const theme = createTheme({
  cursorType: "pointer",
  respectReducedMotion: true,
  components: {
    // The page itself never scrolls; locking it would inject a style element.
    Modal: { defaultProps: { lockScroll: false, centered: true, radius: "md", transitionProps: { duration: 120 } } },
    Drawer: { defaultProps: { lockScroll: false, transitionProps: { duration: 120 } } },
    Tooltip: { defaultProps: { openDelay: 400, transitionProps: { duration: 80 }, withArrow: false } },
    Menu: {
      defaultProps: {
        shadow: "none",
        radius: "md",
        transitionProps: { duration: 80 },
        withinPortal: true,
        // An element that takes the focus and is no item breaks the menu for screen readers.
        withInitialFocusPlaceholder: false,
      },
    },
    Popover: { defaultProps: { shadow: "none", radius: "md", transitionProps: { duration: 80 } } },
    Combobox: { defaultProps: { shadow: "none", radius: "md" } },
    ActionIcon: { defaultProps: { variant: "subtle", color: "gray" } },
    Button: { defaultProps: { size: "sm" } },
    TextInput: { defaultProps: { size: "sm" } },
    PasswordInput: { defaultProps: { size: "sm" } },
  },
});
