/** The YAML editor. Loaded only with the page that shows it. */
import {
  acceptCompletion,
  autocompletion,
  type Completion as CmCompletion,
  type CompletionContext,
  type CompletionResult,
  closeBrackets,
  closeBracketsKeymap,
  completionKeymap,
  startCompletion,
} from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap, indentWithTab } from "@codemirror/commands";
import { yaml } from "@codemirror/lang-yaml";
import { bracketMatching, indentUnit } from "@codemirror/language";
import { type Diagnostic, lintGutter, lintKeymap, setDiagnostics } from "@codemirror/lint";
import { highlightSelectionMatches, search, searchKeymap } from "@codemirror/search";
import { Annotation, Compartment, EditorState } from "@codemirror/state";
import {
  drawSelection,
  EditorView,
  highlightActiveLine,
  highlightActiveLineGutter,
  keymap,
  lineNumbers,
} from "@codemirror/view";
import { type Ref, useEffect, useImperativeHandle, useRef } from "react";
import { type ChoiceKind, completionsAt, NOTHING, type Surroundings } from "@/flows/completion";
import { looks } from "@/flows/editor/looks";
import { phrasesOf } from "@/flows/editor/phrases";
import { flowTexts } from "@/flows/i18n";
import { type Outline, outlineOf } from "@/flows/outline";
import { fixOf, placeOf, wordsOf } from "@/flows/problems";
import { en } from "@/flows/texts/en";
import type { Problem } from "@/flows/types";
import type { Change } from "@/flows/yamlText";
import type { Locale } from "@/i18n";

export interface EditorHandle {
  /** Put the cursor at a place and show it. */
  goTo: (at: number) => void;
  focus: () => void;
}

interface Props {
  ref?: Ref<EditorHandle>;
  label: string;
  value: string;
  onChange: (value: string) => void;
  onCursor?: (at: number) => void;
  problems?: Problem[];
  fixLabel?: (fix: string) => string;
  around?: Surroundings;
  readOnly?: boolean;
  locale: Locale;
}

/** What comes from outside is not reported back. */
const outside = Annotation.define<boolean>();
const KINDS: Record<ChoiceKind, string> = {
  key: "property",
  type: "type",
  id: "variable",
  option: "constant",
  value: "keyword",
  function: "function",
};

/** The smallest piece that differs: the cursor and the marks elsewhere stay. */
export function difference(old: string, fresh: string): Change {
  let start = 0;
  const shorter = Math.min(old.length, fresh.length);
  while (start < shorter && old[start] === fresh[start]) start += 1;
  let end = 0;
  while (end < shorter - start && old[old.length - 1 - end] === fresh[fresh.length - 1 - end]) end += 1;
  return { from: start, to: old.length - end, insert: fresh.slice(start, fresh.length - end) };
}

function optional<K extends string>(name: K, value: string | undefined): { [name in K]?: string } {
  return (value === undefined ? {} : { [name]: value }) as { [name in K]?: string };
}

function completions(known: { outline: Outline; around: Surroundings }, locale: Locale) {
  const t = flowTexts(locale);
  const explained = (key: string) => (`key.${key}` in en ? (t as (name: string) => string)(`key.${key}`) : undefined);
  return (context: CompletionContext): CompletionResult | null => {
    const text = context.state.doc.toString();
    const fresh = outlineOf(text);
    // While the YAML is broken the last list that could be read still knows the ids.
    if (fresh.steps.length >= known.outline.steps.length || fresh.editable) known.outline = fresh;
    const found = completionsAt(text, context.pos, known.outline, known.around);
    if (
      !found ||
      (!context.explicit && found.from === context.pos && !/[:"[{, -]\s*$/.test(text.slice(0, context.pos)))
    )
      return null;
    const options = found.choices.map<CmCompletion>((choice, index) => ({
      label: choice.label,
      type: KINDS[choice.kind],
      apply: choice.insert ?? choice.label,
      boost: -index / 100,
      ...optional("detail", choice.detail ?? (choice.kind === "key" ? explained(choice.label) : undefined)),
    }));
    return { from: found.from, options, validFor: /^[\w.]*$/ };
  };
}

export default function YamlEditor(props: Props) {
  const { ref, label, value, problems, around, readOnly = false, locale } = props;
  const host = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView | null>(null);
  const latest = useRef(props);
  latest.current = props;
  const known = useRef({ outline: outlineOf(value), around: around ?? NOTHING });
  if (around) known.current.around = around;

  // biome-ignore lint/correctness/useExhaustiveDependencies: made once; what changes later is told to it below
  useEffect(() => {
    if (!host.current) return;
    const editing = new Compartment();
    const editor = new EditorView({
      parent: host.current,
      state: EditorState.create({
        doc: value,
        extensions: [
          looks(),
          lineNumbers(),
          lintGutter(),
          highlightActiveLineGutter(),
          highlightActiveLine(),
          history(),
          drawSelection(),
          bracketMatching(),
          closeBrackets(),
          highlightSelectionMatches(),
          search(),
          indentUnit.of("  "),
          EditorState.tabSize.of(2),
          EditorState.phrases.of(phrasesOf(locale)),
          EditorView.lineWrapping,
          EditorView.contentAttributes.of({ "aria-label": label, spellcheck: "false", tabindex: "0" }),
          yaml(),
          autocompletion({ override: [completions(known.current, locale)], icons: false, activateOnTypingDelay: 60 }),
          keymap.of([
            { key: "Tab", run: acceptCompletion },
            { key: "Ctrl-Space", run: startCompletion },
            ...closeBracketsKeymap,
            ...defaultKeymap,
            ...searchKeymap,
            ...historyKeymap,
            ...completionKeymap,
            ...lintKeymap,
            indentWithTab,
          ]),
          editing.of([EditorState.readOnly.of(readOnly), EditorView.editable.of(!readOnly)]),
          EditorView.updateListener.of((update) => {
            if (update.docChanged && !update.transactions.some((one) => one.annotation(outside))) {
              latest.current.onChange(update.state.doc.toString());
            }
            if (update.selectionSet) latest.current.onCursor?.(update.state.selection.main.head);
          }),
        ],
      }),
    });
    view.current = editor;
    return () => {
      editor.destroy();
      view.current = null;
    };
  }, []);

  useEffect(() => {
    const editor = view.current;
    const old = editor?.state.doc.toString();
    if (!editor || old === undefined || old === value) return;
    editor.dispatch({ changes: difference(old, value), annotations: outside.of(true), userEvent: "input.outline" });
  }, [value]);

  useEffect(() => {
    const editor = view.current;
    if (!editor || !problems) return;
    const text = editor.state.doc.toString();
    const marks = problems.map((problem) =>
      diagnosticOf(text, problem, latest.current.locale, latest.current.fixLabel),
    );
    editor.dispatch(setDiagnostics(editor.state, marks));
  }, [problems]);

  useImperativeHandle(ref, () => ({
    goTo: (at) => {
      const editor = view.current;
      if (!editor) return;
      const anchor = Math.min(at, editor.state.doc.length);
      editor.dispatch({ selection: { anchor }, effects: EditorView.scrollIntoView(anchor, { y: "center" }) });
      editor.focus();
    },
    focus: () => view.current?.focus(),
  }));

  return <div ref={host} style={{ height: "100%", minHeight: 0 }} />;
}

function diagnosticOf(text: string, problem: Problem, locale: Locale, fixLabel: Props["fixLabel"]): Diagnostic {
  const { from, to } = placeOf(text, problem);
  const fix = fixOf(text, problem);
  const actions: Diagnostic["actions"] = fix
    ? [
        {
          name: fixLabel?.(fix.insert) ?? fix.insert,
          apply: (editor) => {
            const current = fixOf(editor.state.doc.toString(), problem);
            if (current) editor.dispatch({ changes: current, userEvent: "input.fix" });
          },
        },
      ]
    : [];
  const { sentence, suggestion } = wordsOf(problem, locale);
  const message = suggestion ? `${sentence} ${suggestion}` : sentence;
  return { from, to, severity: problem.severity, message, actions };
}
