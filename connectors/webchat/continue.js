/* The page behind a link of ours: this browser goes on in the chat as whoever the link was made for. */
(() => {
  const { base, channel, word, locale } = document.currentScript.dataset;
  const kept = `switchboard:${channel}:token`;
  const recall = () => {
    try {
      return localStorage.getItem(kept);
    } catch {
      return null;
    }
  };
  const failed = () => {
    document.getElementById("failed").hidden = false;
  };
  addEventListener("DOMContentLoaded", async () => {
    try {
      const answer = await fetch(`${base}/continue`, {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify({ word, token: recall(), language: locale }),
      });
      if (!answer.ok) return failed();
      const { token } = await answer.json();
      localStorage.setItem(kept, token);
      sessionStorage.setItem(`switchboard:${channel}:open`, "1");
      const widget = document.createElement("script");
      widget.src = "/widget.js";
      widget.dataset.channel = channel;
      widget.dataset.locale = locale;
      document.body.append(widget);
    } catch {
      failed();
    }
  });
})();
