/** The widget's few icons, drawn on a 24-unit grid in the colour of their text. */

const paths = {
  chat: "M4.5 5.5h15v11h-8l-4.5 3.5v-3.5h-2.5z",
  close: "M6 6l12 12M18 6L6 18",
  down: "M6 9.5l6 6 6-6",
  send: "M12 19V5.5M6 11l6-6 6 6",
  clip: "M19.5 11.5l-7.6 7.6a4.6 4.6 0 0 1-6.5-6.5l7.9-7.9a3.1 3.1 0 0 1 4.4 4.4l-9.5 9",
  file: "M13.5 3.5h-8v17h13v-12zM13.5 3.5v5h5",
  bot: "M5 9.5h14v9H5zM12 9.5v-4M9.5 13v1.5M14.5 13v1.5",
  check: "M5 12.5l4.5 4.5L19 7.5",
  checks: "M2.5 12.5L7 17l8.5-9M12 16l1 1 8.5-9",
  alert: "M12 8v5M12 16v.3M12 3.5a8.5 8.5 0 1 1 0 17a8.5 8.5 0 0 1 0-17z",
};

export function Icon({ name }: { name: keyof typeof paths }) {
  return (
    <svg viewBox="0 0 24 24" aria-hidden="true">
      <path d={paths[name]} />
    </svg>
  );
}
