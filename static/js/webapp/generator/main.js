// The page of a text generator: what its three tabs share, and the tabs.
import { t } from "@/core/words.js";
import { Client } from "@/webapp/client.js";
import { RunBatch } from "@/webapp/generator/batch.js";
import { RunOnce } from "@/webapp/generator/once.js";
import { Saved, SavedList } from "@/webapp/generator/saved.js";
import { Tabs } from "@/webapp/generator/tabs.js";

const page = JSON.parse(document.getElementById("page").textContent);
