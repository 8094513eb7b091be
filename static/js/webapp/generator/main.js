// The page of a text generator or a workflow: what its tabs share, and the tabs; a workflow's results are not saved.
import { t } from "@/core/words.js";
import { readAddress } from "@/webapp/address.js";
import { Client } from "@/webapp/client.js";
import { RunBatch } from "@/webapp/generator/batch.js";
import { RunOnce } from "@/webapp/generator/once.js";
import { Saved, SavedList } from "@/webapp/generator/saved.js";
import { Tabs } from "@/webapp/generator/tabs.js";
import { fieldsOf, imagesOf } from "@/webapp/settings.js";

const page = JSON.parse(document.getElementById("page").textContent);
const isWorkflow = page.mode === "workflow";
const address = await readAddress(location.search);
const client = new Client({ code: page.code, mode: page.mode, userId: address.userId });
const context = {
  client,
  fields: fieldsOf(page.parameters),
  values: address.inputs,
  images: imagesOf(page.parameters),
  upload: async (file) => (await client.upload("files/upload", file)).id,
  saved: new Saved(client),
  showsSteps: isWorkflow && page.shows_steps,
  submitLabel: isWorkflow ? t("Run") : t("Generate"),
  titleOf: (number) => isWorkflow ? t("Result {number}", { number }) : t("Text {number}", { number }),
  canLike: page.parameters.more_like_this.enabled,
};
const panel = (name) => document.getElementById(`panel-${name}`);

new RunOnce(context, panel("once"));
new RunBatch(context, panel("batch"));
const tabs = new Tabs(document.querySelector('[role="tablist"]'));
if (panel("saved")) {
  const list = new SavedList(context, panel("saved"));
  const showSaved = () => { if (!panel("saved").hidden) list.show(); };
  tabs.addEventListener("choose", showSaved);
  showSaved();
}
