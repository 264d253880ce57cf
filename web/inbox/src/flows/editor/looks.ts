/** How the editor looks: the palette of tokens.css, so that light and dark follow by themselves. */
import { HighlightStyle, syntaxHighlighting } from "@codemirror/language";
import type { Extension } from "@codemirror/state";
import { EditorView } from "@codemirror/view";
import { tags } from "@lezer/highlight";

const MONO = "ui-monospace, SFMono-Regular, Menlo, Consolas, 'Liberation Mono', monospace";

const frame = EditorView.theme({
  "&": { height: "100%", backgroundColor: "var(--canvas)", color: "var(--ink)", fontSize: "13px" },
  "&.cm-focused": { outline: "none" },
  ".cm-scroller": { fontFamily: MONO, lineHeight: "1.65", overscrollBehavior: "contain" },
  ".cm-content": { padding: "12px 0 40vh", caretColor: "var(--accent-text)" },
  ".cm-line": { padding: "0 16px 0 8px" },
  ".cm-cursor, .cm-dropCursor": { borderLeftColor: "var(--accent-text)", borderLeftWidth: "2px" },
  "&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground": {
    background: "var(--accent-soft-strong)",
  },
  ".cm-activeLine": { backgroundColor: "color-mix(in srgb, var(--hover) 60%, transparent)" },
  ".cm-gutters": { backgroundColor: "var(--canvas)", color: "var(--ink-3)", border: "none" },
  ".cm-activeLineGutter": { backgroundColor: "transparent", color: "var(--ink)" },
  ".cm-lineNumbers .cm-gutterElement": {
    minWidth: "36px",
    padding: "0 8px 0 12px",
    fontVariantNumeric: "tabular-nums",
  },
  ".cm-matchingBracket, &.cm-focused .cm-matchingBracket": {
    backgroundColor: "var(--accent-soft-strong)",
    outline: "none",
  },
  ".cm-selectionMatch": { backgroundColor: "var(--accent-soft)" },
  ".cm-searchMatch": { backgroundColor: "var(--note)", outline: "1px solid var(--note-line)" },
  ".cm-searchMatch-selected": { backgroundColor: "var(--accent-soft-strong)" },

  ".cm-tooltip": {
    border: "1px solid var(--line-strong)",
    borderRadius: "10px",
    backgroundColor: "var(--canvas)",
    boxShadow: "var(--lift)",
    overflow: "hidden",
  },
  ".cm-tooltip.cm-tooltip-autocomplete > ul": { fontFamily: "var(--font)", maxHeight: "18em", padding: "4px" },
  ".cm-tooltip.cm-tooltip-autocomplete > ul > li": {
    display: "flex",
    alignItems: "baseline",
    gap: "8px",
    padding: "4px 8px",
    borderRadius: "6px",
    lineHeight: "1.4",
  },
  ".cm-tooltip-autocomplete ul li[aria-selected]": { background: "var(--selected)", color: "var(--accent-text)" },
  ".cm-completionIcon": { display: "none" },
  ".cm-completionLabel": { fontFamily: MONO, fontSize: "12.5px" },
  ".cm-completionMatchedText": { textDecoration: "none", fontWeight: "700" },
  ".cm-completionDetail": {
    flex: "1",
    marginLeft: "0",
    overflow: "hidden",
    color: "var(--ink-3)",
    fontStyle: "normal",
    fontSize: "12px",
    textAlign: "right",
    textOverflow: "ellipsis",
  },
  ".cm-tooltip.cm-completionInfo": {
    maxWidth: "20rem",
    padding: "8px 12px",
    fontFamily: "var(--font)",
    fontSize: "12.5px",
  },

  ".cm-tooltip-lint": { padding: "0", fontFamily: "var(--font)" },
  ".cm-diagnostic": { padding: "8px 12px", borderLeft: "none", fontSize: "13px", lineHeight: "1.5", maxWidth: "26rem" },
  ".cm-diagnosticAction": {
    margin: "6px 0 0",
    padding: "3px 10px",
    border: "0",
    borderRadius: "6px",
    backgroundColor: "var(--accent)",
    color: "var(--on-accent)",
    font: "inherit",
    fontSize: "12px",
    fontWeight: "550",
    cursor: "pointer",
    display: "block",
  },
  ".cm-lintRange-error": {
    backgroundImage: "none",
    textDecoration: "underline wavy var(--danger) 1px",
    textUnderlineOffset: "3px",
  },
  ".cm-lintRange-warning": {
    backgroundImage: "none",
    textDecoration: "underline wavy var(--warn) 1px",
    textUnderlineOffset: "3px",
  },
  ".cm-lintRange-active": { backgroundColor: "var(--danger-soft)" },
  ".cm-gutter-lint": { width: "14px" },
  ".cm-lint-marker": { width: "8px", height: "8px", borderRadius: "50%", marginTop: "6px" },
  ".cm-lint-marker-error": { content: '""', backgroundColor: "var(--danger)" },
  ".cm-lint-marker-warning": { content: '""', backgroundColor: "var(--warn)" },

  ".cm-panels": {
    backgroundColor: "var(--panel)",
    color: "var(--ink)",
    borderColor: "var(--line)",
    fontFamily: "var(--font)",
  },
  ".cm-panels.cm-panels-bottom": { borderTop: "1px solid var(--line)" },
  ".cm-panel.cm-search": { padding: "8px 12px" },
  ".cm-textfield": {
    border: "1px solid var(--line-strong)",
    borderRadius: "6px",
    backgroundColor: "var(--canvas)",
    color: "var(--ink)",
    fontSize: "13px",
  },
  ".cm-button": {
    border: "1px solid var(--line-strong)",
    borderRadius: "6px",
    background: "var(--canvas)",
    backgroundImage: "none",
    color: "var(--ink)",
    fontSize: "12.5px",
  },
  ".cm-panel.cm-search label": { fontSize: "12.5px" },
  ".cm-panel.cm-search [name=close]": { color: "var(--ink-3)", fontSize: "18px", top: "6px", right: "8px" },

  "&.cm-merge-a .cm-changedLine, .cm-deletedChunk": { backgroundColor: "var(--danger-soft)" },
  "&.cm-merge-b .cm-changedLine, .cm-insertedLine, & .cm-changedLine": { backgroundColor: "var(--good-soft)" },
  "&.cm-merge-a .cm-changedText, .cm-deletedChunk .cm-deletedText": {
    background: "color-mix(in srgb, var(--danger) 14%, transparent)",
  },
  "&.cm-merge-b .cm-changedText, & .cm-changedText": { background: "color-mix(in srgb, var(--good) 14%, transparent)" },
  ".cm-changeGutter": { width: "3px", paddingLeft: "0" },
  "&.cm-merge-a .cm-changedLineGutter, .cm-deletedLineGutter": { background: "var(--danger)" },
  "&.cm-merge-b .cm-changedLineGutter, & .cm-changedLineGutter": { background: "var(--good)" },
  // Its own signs are in no font of ours.
  ".cm-collapsedLines:before, .cm-collapsedLines:after": { content: '"···"', color: "var(--line-strong)" },
  ".cm-merge-revert button": { color: "var(--accent-text)", fontSize: "18px", cursor: "pointer" },
  ".cm-collapsedLines": {
    padding: "4px 16px",
    background: "var(--panel)",
    color: "var(--ink-3)",
    fontFamily: "var(--font)",
    fontSize: "12px",
  },
});

const colours = HighlightStyle.define([
  { tag: [tags.propertyName, tags.definition(tags.propertyName)], color: "var(--accent-text)", fontWeight: "550" },
  { tag: [tags.string, tags.content], color: "var(--ink)" },
  { tag: [tags.number, tags.bool, tags.null, tags.keyword], color: "var(--warn)" },
  { tag: tags.comment, color: "var(--ink-3)", fontStyle: "italic" },
  { tag: [tags.separator, tags.punctuation, tags.squareBracket, tags.brace], color: "var(--ink-3)" },
  { tag: tags.invalid, color: "var(--danger)" },
]);

/** The value that the page's policy asks of style elements. */
function nonce(): string {
  return document.querySelector<HTMLMetaElement>('meta[property="csp-nonce"]')?.nonce ?? "";
}

export function looks(): Extension {
  return [frame, syntaxHighlighting(colours), EditorView.cspNonce.of(nonce())];
}
