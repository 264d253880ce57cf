/** A field of the outline's forms: what is typed goes into the text a moment later. */
import { Autocomplete, Textarea, TextInput } from "@mantine/core";
import { useDebouncedCallback } from "@mantine/hooks";
import { useEffect, useRef, useState } from "react";

const APPLY_AFTER_MS = 250;

interface FieldProps {
  label: string;
  value: string;
  onChange: (value: string) => void;
  description?: string;
  placeholder?: string;
  fault?: (value: string) => string | null;
  code?: boolean;
  long?: boolean;
  /** Only when the field is left: a half-typed id would be renamed everywhere. */
  late?: boolean;
  /** What others of the project are called, to choose from. */
  known?: string[];
}

/** Keeps what is typed, and passes it on a moment later; follows the text while it has not the focus. */
export function Field({ label, value, onChange, fault, code, long, late, known, ...rest }: FieldProps) {
  const [typed, setTyped] = useState(value);
  const focused = useRef(false);
  useEffect(() => {
    if (!focused.current) setTyped(value);
  }, [value]);
  const error = fault && typed !== value ? fault(typed) : null;
  const pass = (next: string) => {
    if (next !== value && !fault?.(next)) onChange(next);
  };
  const soon = useDebouncedCallback(pass, APPLY_AFTER_MS);
  const common = {
    label,
    value: typed,
    error,
    onChange: (event: { currentTarget: { value: string } }) => {
      setTyped(event.currentTarget.value);
      if (!late) soon(event.currentTarget.value);
    },
    onFocus: () => {
      focused.current = true;
    },
    onBlur: () => {
      focused.current = false;
      pass(typed);
    },
    ...rest,
  };
  if (known) {
    const { onChange: typing, ...others } = common;
    return (
      <Autocomplete
        {...others}
        data={known}
        maxLength={500}
        onChange={(next) => typing({ currentTarget: { value: next } })}
        comboboxProps={{ withinPortal: true }}
      />
    );
  }
  if (long) return <Textarea {...common} rows={2} autosize={false} maxLength={4_000} />;
  return (
    <TextInput
      {...common}
      maxLength={500}
      onKeyDown={(event) => event.key === "Enter" && pass(typed)}
      {...(code ? { styles: { input: { fontFamily: "ui-monospace, SFMono-Regular, Menlo, monospace" } } } : {})}
    />
  );
}
