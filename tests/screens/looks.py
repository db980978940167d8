"""A page as people see it, on a phone and on a desk, light and dark; what axe-core and a ruler find wrong with it."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

LANGUAGES = ("en", "zh-hans")
RULES = {
    "runOnly": {
        "type": "tag",
        "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    },
    "resultTypes": ["violations"],
    "iframes": False,  # the browser's own PDF viewer
}
# Wider than its screen, or too small for a thumb. Links within a sentence may be small (WCAG 2.5.8, inline).
UNFIT = """() => {
  const wrong = [];
  const beyond = document.documentElement.scrollWidth - window.innerWidth;
  if (beyond > 0) wrong.push(`${beyond} px wider than the screen`);
  const aims = "button, .btn, summary, select, nav a, .choice, .back, .links a, .file, input:not([type=hidden])";
  for (const aim of document.querySelectorAll(aims)) {
    const box = aim.getBoundingClientRect();
    if (aim.closest(".choice") && !aim.matches(".choice")) continue;
    if (!aim.checkVisibility({visibilityProperty: true}) || box.width <= 1) continue;
    if (box.height < 43.5) wrong.push(`${Math.round(box.height)} px high: ${aim.outerHTML.slice(0, 90)}`);
  }
  return wrong;
}"""


@dataclass(frozen=True, slots=True)
class Look:
    """A width in CSS pixels and a colour scheme."""

    width: int
    scheme: Literal["light", "dark"]

    def __str__(self) -> str:
        return f"{self.width}-{self.scheme}"


LOOKS = tuple(Look(width, scheme) for width in (390, 1280) for scheme in ("light", "dark"))


def looked_at(page: Page, looks: tuple[Look, ...] = LOOKS) -> Iterator[Look]:
    """The page in each of the looks, one after the other, without loading it again."""
    for look in looks:
        page.set_viewport_size({"width": look.width, "height": 844 if look.width < 1000 else 900})
        page.emulate_media(color_scheme=look.scheme, reduced_motion="reduce")
        yield look


def violations(page: Page) -> list[str]:
    """What axe-core finds wrong with the page as it stands: the rule, its help, the first elements that break it."""
    found: list[dict[str, Any]] = Axe().run(page, options=RULES).response["violations"]
    return [f"{one['id']}: {one['help']} {[node['html'][:120] for node in one['nodes'][:3]]}" for one in found]


def misfits(page: Page) -> list[str]:
    """What does not fit the screen or the thumb."""
    return list(page.evaluate(UNFIT))
