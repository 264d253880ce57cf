/** Two texts side by side; on a narrow screen one below the other. */
import { defaultKeymap, history, historyKeymap } from "@codemirror/commands";
import { yaml } from "@codemirror/lang-yaml";
import { MergeView, unifiedMergeView } from "@codemirror/merge";
import { EditorState, type Extension } from "@codemirror/state";
import { EditorView, keymap, lineNumbers } from "@codemirror/view";
import { useEffect, useRef } from "react";
import { looks } from "@/flows/editor/looks";
import { phrasesOf } from "@/flows/editor/phrases";
import type { Locale } from "@/i18n";

interface Props {
  before: string;
  after: string;
  beforeLabel: string;
  afterLabel: string;
  /** The right side may be edited, and parts of the left taken over. */
  onChange?: (text: string) => void;
  narrow: boolean;
  locale: Locale;
}

export default function DiffView({ before, after, beforeLabel, afterLabel, onChange, narrow, locale }: Props) {
  const host = useRef<HTMLDivElement>(null);
  const change = useRef(onChange);
  change.current = onChange;

  // biome-ignore lint/correctness/useExhaustiveDependencies: the right side is the editor's own from then on
  useEffect(() => {
    if (!host.current) return;
    const common: Extension = [
      looks(),
      lineNumbers(),
      yaml(),
      EditorView.lineWrapping,
      EditorState.phrases.of(phrasesOf(locale)),
    ];
    const fixed = [EditorState.readOnly.of(true), EditorView.editable.of(false)];
    const open = [
      history(),
      keymap.of([...defaultKeymap, ...historyKeymap]),
      EditorView.updateListener.of((update) => {
        if (update.docChanged) change.current?.(update.state.doc.toString());
      }),
    ];
    const named = (label: string) =>
      EditorView.contentAttributes.of({ "aria-label": label, role: "textbox", tabindex: "0" });
    const right: Extension = [common, onChange ? open : fixed, named(afterLabel)];
    if (narrow) {
      const view = new EditorView({
        parent: host.current,
        doc: after,
        extensions: [right, unifiedMergeView({ original: before, mergeControls: Boolean(onChange) })],
      });
      return () => view.destroy();
    }
    const view = new MergeView({
      parent: host.current,
      a: { doc: before, extensions: [common, fixed, named(beforeLabel)] },
      b: { doc: after, extensions: right },
      collapseUnchanged: { margin: 3, minSize: 6 },
      gutter: true,
      ...(onChange ? { revertControls: "a-to-b" as const } : {}),
    });
    return () => view.destroy();
  }, [before, narrow, locale]);

  return <div ref={host} style={{ height: "100%", minHeight: 0, overflow: "auto" }} />;
}
