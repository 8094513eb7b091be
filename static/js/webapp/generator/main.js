// The page of a text generator: what its three tabs share, and the tabs.
import { readAddress } from "@/webapp/address.js";
import { Client } from "@/webapp/client.js";
import { RunBatch } from "@/webapp/generator/batch.js";
import { RunOnce } from "@/webapp/generator/once.js";
import { Saved, SavedList } from "@/webapp/generator/saved.js";
import { Tabs } from "@/webapp/generator/tabs.js";
import { fieldsOf, imagesOf } from "@/webapp/settings.js";

const page = JSON.parse(document.getElementById("page").textContent);
const address = await readAddress(location.search);
const client = new Client({ code: page.code, mode: page.mode, userId: address.userId });
const context = {
  client,
  fields: fieldsOf(page.parameters),
  values: address.inputs,
  images: imagesOf(page.parameters),
  upload: async (file) => (await client.upload("files/upload", file)).id,
  saved: new Saved(client),
  canLike: page.parameters.more_like_this.enabled,
};
const panel = (name) => document.getElementById(`panel-${name}`);

new RunOnce(context, panel("once"));
new RunBatch(context, panel("batch"));
const list = new SavedList(context, panel("saved"));
const tabs = new Tabs(document.querySelector('[role="tablist"]'));
const showSaved = () => { if (!panel("saved").hidden) list.show(); };
tabs.addEventListener("choose", showSaved);
showSaved();
