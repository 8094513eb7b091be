// The page of a text generator: what its three tabs share, and the tabs.
import { Client } from "@/webapp/client.js";
import { RunBatch } from "@/webapp/generator/batch.js";
import { fieldsOf } from "@/webapp/generator/fields.js";
import { RunOnce } from "@/webapp/generator/once.js";
import { Saved, SavedList } from "@/webapp/generator/saved.js";
import { Tabs } from "@/webapp/generator/tabs.js";

const page = JSON.parse(document.getElementById("page").textContent);
const { file_upload: files, more_like_this: variants, system_parameters: limits } = page.parameters;
const client = new Client({ code: page.code, mode: page.mode });
const context = {
  client,
  fields: fieldsOf(page.parameters),
  values: {},
  upload: async (file) => (await client.upload("files/upload", file)).id,
  images: files.image?.enabled ? { limitMb: Number(limits.image_file_size_limit), most: files.image.number_limits ?? 3 } : null,
  saved: new Saved(client),
  canLike: variants.enabled,
};
const panel = (name) => document.getElementById(`panel-${name}`);

new RunOnce(context, panel("once"));
new RunBatch(context, panel("batch"));
const list = new SavedList(context, panel("saved"));
const tabs = new Tabs(document.querySelector('[role="tablist"]'));
const showSaved = () => { if (!panel("saved").hidden) list.show(); };
tabs.addEventListener("choose", showSaved);
showSaved();
