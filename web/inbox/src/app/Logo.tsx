/** The mark of the product. */
export function Logo({ size = 24 }: { size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 32 32" aria-hidden="true" focusable="false">
      <rect width="32" height="32" rx="8" fill="var(--accent)" />
      <g fill="none" stroke="#fff" strokeWidth="2.5" strokeLinecap="round">
        <path d="M9 11h5c4 0 4 10 8 10h1" />
        <path d="M9 21h5c1.2 0 2-.9 2.7-2.2M20 11.5c.6-.4 1.2-.5 2-.5h1" opacity=".7" />
      </g>
    </svg>
  );
}
