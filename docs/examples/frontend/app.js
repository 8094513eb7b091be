// The page: shows the app's form, asks, and writes the answer as it arrives.
const byId = (id) => document.getElementById(id);
const info = await (await fetch("/info")).json();
let conversationId = null;

for (const name of ["title", "description", "copyright"]) byId(name).textContent = info[name];
document.title = info.title;
for (const [kind, field] of info.show_inputs ? info.form.flatMap(Object.entries) : []) {
  const control = document.createElement(kind === "paragraph" ? "textarea" : kind === "select" ? "select" : "input");
  for (const option of field.options ?? []) control.add?.(new Option(option));
  Object.assign(control, { id: field.variable, name: field.variable, required: field.required });
  const label = Object.assign(document.createElement("label"), { htmlFor: control.id, textContent: field.label });
  byId("inputs").append(label, control);
}

function say(text, className) {
  const line = Object.assign(document.createElement("p"), { textContent: text, className });
  byId("log").append(line);
  return line;
}

async function* events(response) {
  let rest = "";
  for await (const text of response.body.pipeThrough(new TextDecoderStream())) {
    const frames = (rest + text).split("\n\n");
    rest = frames.pop();
    for (const frame of frames) if (frame.startsWith("data: ")) yield JSON.parse(frame.slice(6));
  }
}

byId("form").addEventListener("submit", async (event) => {
  event.preventDefault();
  const query = byId("query").value;
  const inputs = Object.fromEntries([...byId("inputs").querySelectorAll("[name]")].map(({ name, value }) => [name, value]));
  byId("query").value = "";
  say(query, "asked");
  const answer = say("", "answer");
  const response = await fetch("/ask", { method: "POST", body: JSON.stringify({ query, inputs, conversation_id: conversationId }) });
  if (!response.ok) {
    answer.textContent = (await response.json()).message;
    return;
  }
  for await (const piece of events(response)) {
    conversationId = piece.conversation_id ?? conversationId;
    if (piece.event === "message") answer.textContent += piece.answer;
    if (piece.event === "error") answer.textContent += `\n${piece.message}`;
  }
});
