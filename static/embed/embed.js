// The chat bubble for other sites: docs/guides/embed.md. A classic script on its own, for any page and under a strict
// content security policy: no inline style or script is written, styles go through CSSOM. It is served as it stands at
// /embed.js, and minified at /embed.min.js (`npm run vendor` in frontend/).
(() => {
  "use strict";

  // Names that pages made for the original have in their own styles and scripts.
  const BUTTON_ID = "dify-chatbot-bubble-button";
  const WINDOW_ID = "dify-chatbot-bubble-window";
  const VARIABLE = `--${BUTTON_ID}`;
  const LONGEST_URL = 2048;
  const GAP_PX = 12;
  const EDGE_PX = 8;
  const DRAG_PX = 6; // a pointer that moved less has clicked
  const STEP_PX = 24;
  const POSITIONS = ["bottom-right", "bottom-left", "top-right", "top-left"];
  const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
  const ICONS = {
    open: ["M21 11.5a8.4 8.4 0 0 1-12.3 7.4L3 21l2.1-5.7A8.4 8.4 0 1 1 21 11.5z", "M8.5 11.5h.01M12.5 11.5h.01M16.5 11.5h.01"],
    close: ["M6 6l12 12M18 6L6 18"],
  };

  const STYLES = `
    #${BUTTON_ID} {
      all: initial; box-sizing: border-box; position: fixed; z-index: 2147483647;
      top: var(${VARIABLE}-top, auto); left: var(${VARIABLE}-left, auto);
      bottom: var(${VARIABLE}-bottom, max(var(--chatbot-y, 1rem), env(safe-area-inset-bottom)));
      right: var(${VARIABLE}-right, max(var(--chatbot-x, 1rem), env(safe-area-inset-right)));
      width: var(${VARIABLE}-width, 50px); height: var(${VARIABLE}-height, 50px);
      display: flex; align-items: center; justify-content: center; gap: 8px;
      border-radius: var(${VARIABLE}-border-radius, 25px); color: #fff; cursor: pointer; user-select: none;
      background-color: var(${VARIABLE}-bg-color, #0c6a80);
      box-shadow: var(${VARIABLE}-box-shadow, 0 4px 14px rgb(10 20 30 / .28), 0 0 0 1px rgb(255 255 255 / .25));
      font: 600 15px/1 system-ui, sans-serif; transition: filter .12s;
    }
    #${BUTTON_ID}[data-position$="left"] {
      left: var(${VARIABLE}-left, max(var(--chatbot-x, 1rem), env(safe-area-inset-left)));
      right: var(${VARIABLE}-right, auto);
    }
    #${BUTTON_ID}[data-position^="top"] {
      top: var(${VARIABLE}-top, max(var(--chatbot-y, 1rem), env(safe-area-inset-top)));
      bottom: var(${VARIABLE}-bottom, auto);
    }
    #${BUTTON_ID}:hover { filter: brightness(1.1); }
    #${BUTTON_ID}:focus-visible { outline: 3px solid Highlight; outline-offset: 3px; }
    #${BUTTON_ID}[data-draggable] { touch-action: none; }
    #${BUTTON_ID} svg { width: 26px; height: 26px; fill: none; stroke: currentColor; stroke-width: 1.9; stroke-linecap: round; stroke-linejoin: round; pointer-events: none; }
    #${BUTTON_ID} span { display: none; pointer-events: none; }
    #${WINDOW_ID} {
      all: initial; box-sizing: border-box; position: fixed; z-index: 2147483647; display: none; bottom: 5rem; right: 1rem;
      width: var(--chatbot-width, max(24rem, 384px)); height: var(--chatbot-height, max(40rem, 640px));
      max-width: calc(100vw - 2 * ${EDGE_PX}px); border: 0; border-radius: 14px; background: Canvas; color-scheme: normal;
      box-shadow: 0 12px 40px rgb(10 20 30 / .26), 0 0 0 1px rgb(120 130 140 / .25);
    }
    #${WINDOW_ID}[data-open] { display: block; animation: chatbot-appear .14s ease-out; }
    #${WINDOW_ID}[data-expanded] { width: min(48rem, calc(100vw - 2 * ${EDGE_PX}px)); height: 100vh; }
    [data-dragging] + #${WINDOW_ID} { pointer-events: none; }
    @keyframes chatbot-appear { from { opacity: 0; transform: translateY(8px); } }
    @media (prefers-reduced-motion: reduce) { #${WINDOW_ID}[data-open] { animation: none; } }
    @media print { #${BUTTON_ID}, #${WINDOW_ID} { display: none !important; } }
    /* A phone shows nothing but the chat, and the button above it as a bar. Ids twice: pages set sizes with !important. */
    @media (max-width: 640px) {
      :root:has(#${WINDOW_ID}[data-open]) { overflow: hidden !important; }
      #${WINDOW_ID}#${WINDOW_ID}[data-open] {
        inset: calc(44px + env(safe-area-inset-top)) 0 0 !important; width: 100vw !important; max-width: none !important;
        height: calc(100dvh - 44px - env(safe-area-inset-top)) !important; max-height: none !important;
        border-radius: 0 !important; box-shadow: none !important;
      }
      #${BUTTON_ID}#${BUTTON_ID}[aria-expanded="true"] {
        inset: 0 0 auto !important; width: 100vw !important; height: calc(44px + env(safe-area-inset-top)) !important;
        padding: env(safe-area-inset-top) 16px 0 !important; border-radius: 0 !important; box-shadow: none !important;
        justify-content: space-between !important;
      }
      #${BUTTON_ID}#${BUTTON_ID}[aria-expanded="true"]:focus-visible { outline: 2px solid #fff; outline-offset: -5px; }
      #${BUTTON_ID}[aria-expanded="true"] span { display: inline; }
      #${BUTTON_ID}[aria-expanded="true"] svg { width: 22px; height: 22px; }
    }`;

  // --- what the page asks for ---

  const script = document.currentScript;

  function parsed(text) {
    try {
      return JSON.parse(text);
    } catch {
      return text;
    }
  }

  // The script's data- attributes, for pages whose policy allows no inline script: data-drag-axis is `dragAxis`.
  function attributes() {
    const TEXTS = new Set(["token", "label", "title", "color", "width", "height"]);
    const entries = Object.entries(script?.dataset ?? {});
    return Object.fromEntries(entries.map(([name, text]) => [name, TEXTS.has(name) ? text : text === "" ? true : parsed(text)]));
  }

  function readConfig() {
    const config = { ...attributes(), ...window.difyChatbotConfig, ...window.chatbotConfig };
    if (!config.token) {
      console.error("difyChatbotConfig is empty or token is not provided");
      return null;
    }
    const base = config.baseUrl || (script?.src ? new URL(script.src).origin : location.origin);
    const url = URL.canParse(base) ? new URL(base) : null;
    if (!/^https?:$/.test(url?.protocol)) {
      console.error(`baseUrl is not a web address: ${base}`);
      return null;
    }
    return { ...config, base: url.origin + url.pathname.replace(/\/+$/, ""), origin: url.origin };
  }

  // --- the address: every value as UTF-8, gzip, base64 ---

  async function compressed(value) {
    const text = typeof value === "object" ? JSON.stringify(value) : String(value);
    const stream = new Blob([text]).stream().pipeThrough(new CompressionStream("gzip"));
    const bytes = new Uint8Array(await new Response(stream).arrayBuffer());
    return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
  }

  async function addressOf({ base, token, inputs, systemVariables, userVariables }) {
    const groups = [["", inputs], ["sys.", systemVariables], ["user.", userVariables]];
    const given = groups.flatMap(([prefix, values]) => Object.entries(values ?? {}).map(([name, value]) => [prefix + name, value]));
    const query = new URLSearchParams();
    for (const [name, value] of given) {
      if (value != null) query.set(name, await compressed(value));
    }
    const address = `${base}/chatbot/${encodeURIComponent(token)}${query.size ? `?${query}` : ""}`;
    if (address.length > LONGEST_URL) {
      console.error("The URL is too long, please reduce the number of inputs to prevent the bot from failing to load");
    }
    return address;
  }

  // --- elements ---

  function drawn(paths) {
    const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    svg.setAttribute("viewBox", "0 0 24 24");
    svg.setAttribute("aria-hidden", "true");
    for (const path of paths) {
      const shape = document.createElementNS(svg.namespaceURI, "path");
      shape.setAttribute("d", path);
      svg.append(shape);
    }
    return svg;
  }

  // containerProps: handlers (onclick, onClick), className, style (object or text), aria-*, data-*, any other property.
  function applyProps(element, props = {}) {
    for (const [name, value] of Object.entries(props)) {
      if (/^on/i.test(name) && typeof value === "function") element.addEventListener(name.slice(2).toLowerCase(), value);
      else if (name === "className" || name === "class") element.classList.add(...String(value).split(/\s+/).filter(Boolean));
      else if (name === "style" && typeof value === "string") element.style.cssText += `;${value}`;
      else if (name === "style") for (const [key, text] of Object.entries(value)) key.includes("-") ? element.style.setProperty(key, text) : (element.style[key] = text);
      else if (/^(aria|data)-/.test(name)) element.setAttribute(name, value);
      else if (!/html|^(id|dataset)$/i.test(name)) element[name] = value;
    }
  }

  const length = (value) => (typeof value === "number" || /^\d+$/.test(value) ? `${value}px` : value);

  function setVariables(element, variables) {
    for (const [name, value] of Object.entries(variables)) {
      if (value != null && value !== "") element.style.setProperty(name, length(value));
    }
  }

  class Bubble {
    constructor(config, address) {
      this.config = config;
      this.address = address;
      this.isOpen = false;
      this.button = this.#makeButton();
      document.body.append(this.button);
      this.#listen();
      if (config.open === true) this.toggle(true);
    }

    #makeButton() {
      const { color, containerProps, draggable, label, offset, position } = this.config;
      const button = document.createElement("button");
      this.label = label || "Chat";
      button.id = BUTTON_ID;
      button.type = "button";
      button.dataset.position = POSITIONS.includes(position) ? position : POSITIONS[0];
      if (draggable) button.dataset.draggable = "";
      setVariables(button, { "--chatbot-x": offset?.x ?? offset, "--chatbot-y": offset?.y ?? offset, [`${VARIABLE}-bg-color`]: color });
      button.setAttribute("aria-haspopup", "dialog");
      this.#describe(button);
      applyProps(button, containerProps);
      return button;
    }

    #describe(button = this.button) {
      const text = document.createElement("span");
      text.textContent = this.label;
      button.setAttribute("aria-label", `${this.isOpen ? "Close" : "Open"}: ${this.label}`);
      button.setAttribute("aria-expanded", String(this.isOpen));
      button.replaceChildren(text, drawn(this.isOpen ? ICONS.close : ICONS.open));
    }

    // Loaded when somebody is about to use it, not with every page view.
    #load() {
      if (this.window) return;
      const { height, title, width } = this.config;
      const frame = document.createElement("iframe");
      frame.id = WINDOW_ID;
      frame.title = title || this.label;
      frame.allow = "fullscreen;microphone;clipboard-write";
      setVariables(frame, { "--chatbot-width": width, "--chatbot-height": height });
      frame.src = this.address;
      this.window = frame;
      this.button.after(frame);
      this.button.setAttribute("aria-controls", WINDOW_ID);
    }

    #listen() {
      const { button } = this;
      button.addEventListener("pointerenter", () => this.#load());
      button.addEventListener("focus", () => this.#load());
      button.addEventListener("click", (event) => {
        if (this.wasDragged && event.detail) this.wasDragged = false;
        else this.toggle();
      });
      document.addEventListener("keydown", (event) => {
        if (event.key === "Escape" && this.isOpen && !event.defaultPrevented) this.toggle(false);
      });
      window.addEventListener("resize", () => this.#onResize());
      window.addEventListener("message", (event) => this.#onMessage(event));
      if (this.config.draggable) this.#makeDraggable();
    }

    toggle(isOpen = !this.isOpen) {
      this.#load();
      const hadFocus = [this.window, this.button, document.body, null].includes(document.activeElement);
      this.isOpen = isOpen;
      this.window.toggleAttribute("data-open", isOpen);
      this.#describe();
      this.#place();
      if (isOpen) this.window.focus();
      else if (hadFocus) this.button.focus();
    }

    // --- where the window stands: beside the button, on the side that has more room ---

    #place() {
      if (!this.isOpen) return;
      const around = this.button.getBoundingClientRect();
      const { clientWidth: width } = document.documentElement;
      const height = window.innerHeight;
      const isLow = around.top + around.bottom > height;
      const isRight = around.left + around.right > width;
      const room = (isLow ? around.top : height - around.bottom) - GAP_PX - EDGE_PX;
      const px = (number) => `${Math.max(EDGE_PX, Math.round(number))}px`;
      Object.assign(this.window.style, {
        top: isLow ? "auto" : px(around.bottom + GAP_PX),
        bottom: isLow ? px(height - around.top + GAP_PX) : "auto",
        left: isRight ? "auto" : px(around.left),
        right: isRight ? px(width - around.right) : "auto",
        maxHeight: px(room),
      });
    }

    #onResize() {
      if (this.isMoved && !this.isBar) {
        const around = this.button.getBoundingClientRect();
        this.#moveTo(around.left, around.top);
      }
      this.#place();
    }

    // --- the protocol with the page inside ---

    #onMessage({ data, origin, source }) {
      if (!this.window || source !== this.window.contentWindow || origin !== this.config.origin) return;
      if (data?.type === "dify-chatbot-iframe-ready") {
        const payload = { isToggledByButton: true, isDraggable: Boolean(this.config.draggable) };
        source.postMessage({ type: "dify-chatbot-config", payload }, origin);
      } else if (data?.type === "dify-chatbot-expand-change") this.window.toggleAttribute("data-expanded");
      else if (data?.type === "chatbot-close" && this.isOpen) this.toggle(false);
    }

    // --- dragging, and the arrow keys for those who cannot drag ---

    get isBar() {
      return this.isOpen && matchMedia("(max-width: 640px)").matches;
    }

    #makeDraggable() {
      const { button } = this;
      let start = null;
      button.addEventListener("pointerdown", (event) => {
        if (event.button || this.isBar) return;
        const around = button.getBoundingClientRect();
        start = { x: event.clientX, y: event.clientY, left: around.left, top: around.top };
        this.wasDragged = false;
        button.setPointerCapture(event.pointerId);
      });
      button.addEventListener("pointermove", (event) => {
        if (!start) return;
        const [x, y] = [event.clientX - start.x, event.clientY - start.y];
        if (!this.wasDragged && Math.hypot(x, y) < DRAG_PX) return;
        this.wasDragged = true;
        button.dataset.dragging = "";
        this.#moveTo(start.left + x, start.top + y);
      });
      const end = () => {
        start = null;
        delete button.dataset.dragging;
      };
      button.addEventListener("pointerup", end);
      button.addEventListener("pointercancel", end);
      button.addEventListener("keydown", (event) => {
        const step = ARROWS[event.key];
        if (!step || this.isBar) return;
        event.preventDefault();
        const around = button.getBoundingClientRect();
        this.#moveTo(around.left + step[0] * STEP_PX, around.top + step[1] * STEP_PX);
      });
    }

    #moveTo(left, top) {
      const { button } = this;
      const axis = this.config.dragAxis ?? "both";
      const inside = (at, size, room) => Math.round(Math.min(Math.max(at, EDGE_PX), Math.max(EDGE_PX, room - size - EDGE_PX)));
      this.isMoved = true;
      if (axis !== "y") Object.assign(button.style, { left: `${inside(left, button.offsetWidth, document.documentElement.clientWidth)}px`, right: "auto" });
      if (axis !== "x") Object.assign(button.style, { top: `${inside(top, button.offsetHeight, window.innerHeight)}px`, bottom: "auto" });
      this.#place();
    }
  }

  async function start() {
    const config = readConfig();
    if (!config || document.getElementById(BUTTON_ID)) return;
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(STYLES);
    document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
    const address = await addressOf(config);
    if (!document.getElementById(BUTTON_ID)) new Bubble(config, address);
  }

  // Pages may set their configuration as late as during loading, unless they say that they load the script themselves.
  const isDynamic = (window.chatbotConfig ?? window.difyChatbotConfig)?.dynamicScript;
  if (document.body && (isDynamic || document.readyState === "complete")) start();
  else window.addEventListener("load", start, { once: true });
})();
