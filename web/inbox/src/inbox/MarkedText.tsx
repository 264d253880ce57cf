/** A text with its marks. The hub made the HTML; all the same only what is known here becomes an element. */
import { createElement, Fragment, type ReactNode } from "react";
import { LinkedText } from "@/inbox/links";

const TAGS = new Set(["b", "i", "u", "s", "code", "pre", "blockquote"]);
const LINKS = /^(https?:|tg:|mailto:|tel:)/i;

export function MarkedText({ html }: { html: string }) {
  const body = new DOMParser().parseFromString(html, "text/html").body;
  return createElement(Fragment, null, ...childrenOf(body));
}

function childrenOf(node: Node): ReactNode[] {
  return [...node.childNodes].map(shown);
}

function shown(node: Node): ReactNode {
  if (node.nodeType === Node.TEXT_NODE) return <LinkedText text={node.textContent ?? ""} />;
  if (!(node instanceof Element)) return null;
  const tag = node.tagName.toLowerCase();
  if (TAGS.has(tag)) return createElement(tag, null, ...childrenOf(node));
  const href = node.getAttribute("href") ?? "";
  if (tag === "a" && LINKS.test(href)) {
    return (
      <a href={href} target="_blank" rel="noopener noreferrer nofollow">
        {node.textContent}
      </a>
    );
  }
  return createElement(Fragment, null, ...childrenOf(node));
}
