// Calls the published JavaScript client as its user would, and prints what came as one JSON object.
// Arguments: base URL, key of a chat app, key of a text generator.
import { ChatClient, CompletionClient, DifyClient } from "dify-client";

const [baseUrl, chatKey, textKey] = process.argv.slice(2);
const user = "ada";
const chat = new ChatClient(chatKey, baseUrl);
const text = new CompletionClient(textKey, baseUrl);
const out = {};

async function events(response) {
  let body = "";
  for await (const piece of response.data) body += piece;
  return body
    .split("\n\n")
    .filter((frame) => frame.startsWith("data: "))
    .map((frame) => JSON.parse(frame.slice(6)));
}

async function refused(call) {
  try {
    await call;
    return null;
  } catch (error) {
    return { status: error.response.status, ...error.response.data };
  }
}

out.parameters = (await new DifyClient(chatKey, baseUrl).getApplicationParameters(user)).data;
out.first = (await chat.createChatMessage({}, "What can you do?", user)).data;
const conversation = out.first.conversation_id;
out.second = await events(await chat.createChatMessage({}, "And then?", user, true, conversation, null));
out.conversations = (await chat.getConversations(user, null, 10, null)).data;
out.paged = (await chat.getConversations(user, conversation, 10, true)).data;
out.messages = (await chat.getConversationMessages(user, conversation)).data;
out.older = (await chat.getConversationMessages(user, conversation, out.messages.data[1].id, 5)).data;
out.liked = (await chat.messageFeedback(out.first.id, "like", user)).data;
out.renamed = (await chat.renameConversation(conversation, "Tea", user, false)).data;
out.named = (await chat.renameConversation(conversation, null, user, true)).data;
out.text = (await text.createCompletionMessage({}, user)).data;
out.streamed = await events(await text.createCompletionMessage({}, user, true));
out.workflow = await refused(text.runWorkflow({}, user));

const form = new FormData();
form.append("file", new Blob(["\x89PNG"], { type: "image/png" }), "a.png");
form.append("user", user);
const upload = await chat.fileUpload(form);
out.upload = { status: upload.status, ...upload.data };

const deleted = await chat.deleteConversation(conversation, user);
out.deleted = { status: deleted.status, ...deleted.data };
out.again = await refused(chat.deleteConversation(conversation, user));
chat.updateApiKey("app-none");
out.unknown = await refused(chat.getApplicationParameters(user));
console.log(JSON.stringify(out));
