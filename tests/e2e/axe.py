"""What axe-core finds wrong with a page, by the rules of WCAG 2.2 A and AA and its best practices."""

from importlib.resources import files

from playwright.sync_api import Page

SCRIPT = (files("axe_playwright_python") / "axe.min.js").read_text()
RUN = """async (part) => {
    // Without what only a report would show, which is a quarter of the work. Frames would need a script of their own.
    const less = { preload: false, selectors: false, ancestry: false, elementRef: false, iframes: false };
    const { violations } = await axe.run(part ?? document, { resultTypes: ["violations"], ...less });
    return violations.flatMap(({ id, help, nodes }) =>
        nodes.map(({ html }) => `${id}: ${help}: ${html.slice(0, 160)}`));
}"""


def violations(page: Page, part: str | None = None) -> list[str]:
    """One line for each element that breaks a rule, on the page or in a part of it (a CSS selector)."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(SCRIPT)
    found: list[str] = page.evaluate(RUN, part)
    return found
