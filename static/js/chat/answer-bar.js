// What can be done with an answer: copy it, hear it, rate it, ask again.
import { copyText } from "@/core/clipboard.js";
import { h, icon } from "@/core/dom.js";
import { t } from "@/core/words.js";

const COPIED_MS = 1600;

function iconButton(label, picture, onclick) {
  return h("button", { className: "btn ghost icon-only", type: "button", "aria-label": label, title: label, onclick }, picture);
}

function copyButton(text) {
  const button = iconButton(t("Copy answer"), icon("copy"), async () => {
    if (!(await copyText(text))) return;
    button.replaceChildren(icon("check"));
    button.ariaLabel = button.title = t("Copied");
    setTimeout(() => {
      button.replaceChildren(icon("copy"));
      button.ariaLabel = button.title = t("Copy answer");
    }, COPIED_MS);
  });
  return button;
}

// Two buttons of which at most one is pressed; pressing it again takes the rating back.
function ratingButtons(rating, rate) {
  const buttons = {
    like: iconButton(t("Good answer"), icon("thumbs-up"), () => choose("like")),
    dislike: iconButton(t("Bad answer"), icon("thumbs-down"), () => choose("dislike")),
  };
  function show() {
    for (const [name, button] of Object.entries(buttons)) button.setAttribute("aria-pressed", String(rating === name));
  }
  async function choose(name) {
    const before = rating;
    rating = rating === name ? null : name;
    show();
    try {
      await rate(rating);
    } catch {
      rating = before;
      show();
    }
  }
  show();
  return Object.values(buttons);
}

// `actions`: speak(button), rate(rating), regenerate(), inspect(); those that are missing have no button. `note`: a short text.
export function answerBar({ text, rating = null, actions, note }) {
  const speak = actions.speak && text && iconButton(t("Read aloud"), icon("volume-2"), ({ currentTarget }) => actions.speak(currentTarget));
  const again = actions.regenerate && iconButton(t("Ask again"), icon("refresh-cw"), () => actions.regenerate());
  const inspect = actions.inspect && iconButton(t("Prompt log"), icon("scroll-text"), () => actions.inspect());
  again?.classList.add("regenerate");
  speak?.classList.add("speak");
  return h("div", { className: "msg-meta" },
    text ? copyButton(text) : null, speak || null, again || null, inspect || null, actions.rate ? ratingButtons(rating, actions.rate) : null, note);
}
