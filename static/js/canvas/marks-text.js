// How the states of a run are called and which sign each has.
import { t } from "@/core/words.js";

export const SIGNS = { running: "loader-circle", succeeded: "circle-check", failed: "circle-alert", exception: "triangle-alert", stopped: "circle-stop", paused: "circle-pause" };
export const WORDS = { running: t("running"), succeeded: t("succeeded"), failed: t("failed"), exception: t("failed, handled"), stopped: t("stopped"), paused: t("waits for a person") };

export const duration = (seconds) => (seconds < 1 ? `${Math.round(seconds * 1000)} ms` : `${seconds.toFixed(1)} s`);
