// What an embedding site or a link says in the page's query string: the app's inputs by name, `sys.user_id`,
// `sys.conversation_id`. Values are plain, or gzipped and in base64 as embed scripts write them.
const GZIP_IN_BASE64 = "H4sI";

async function unpacked(text) {
  const bytes = Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new TextDecoder("utf-8", { fatal: true }).decode(await new Response(stream).arrayBuffer());
}

// The text of a value; undefined where it was packed and came damaged.
async function textOf(value) {
  const packed = value.replaceAll(" ", "+"); // some senders do not encode the plus signs of base64
  if (!packed.startsWith(GZIP_IN_BASE64)) return value;
  return unpacked(packed).catch(() => undefined);
}

export async function readAddress(search) {
  const address = { inputs: {}, userId: "", conversationId: "" };
  for (const [name, value] of new URLSearchParams(search)) {
    const text = await textOf(value);
    if (text === undefined) continue;
    if (name === "sys.user_id") address.userId = text;
    else if (name === "sys.conversation_id") address.conversationId = text;
    else if (!/^(sys|user)\./.test(name)) address.inputs[name] = text;
  }
  return address;
}
