"""The health report as a browser shows it: wide and narrow, light and dark, empty and crowded, on paper."""

import pytest
from support.browser import PAGE_CHECKS, open_browser
from support.marts import empty_marts
from support.reports import HOSTILE, MAY, invoice, many_tenants, month

from python_assets.report.facts import health_facts
from python_assets.report.page import render_page

PAGES = ("none", "one", "crowded")
WIDTHS = (1200, 420)


@pytest.fixture(scope="module")
def browser():
    with open_browser() as opened:
        yield opened


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A page without any invoice, one of a draft, and one of 500 tenants."""
    made = tmp_path_factory.mktemp("pages")
    with empty_marts() as marts:
        month(marts, MAY)
        (made / "none.html").write_text(render_page(health_facts(marts, MAY)), "utf-8")
    with empty_marts() as marts:
        month(marts, MAY, audit_hash=None, invoice_count=1, total_cents=5500)
        invoice(marts, HOSTILE, MAY, 5500, status="draft")
        (made / "one.html").write_text(render_page(health_facts(marts, MAY)), "utf-8")
    with many_tenants(":memory:") as marts:
        (made / "crowded.html").write_text(render_page(health_facts(marts, MAY)), "utf-8")
    return made


@pytest.fixture(scope="module")
def pages(browser, folder):
    """Each page opened once; what it asked for and complained of is in `asked` and `said`."""
    context = browser.new_context()
    context.add_init_script(path=PAGE_CHECKS)
    opened = {}
    for name in PAGES:
        page = opened[name] = context.new_page()
        page.asked, page.said = [], []
        page.on("request", lambda request, page=page: page.asked.append(request.url))
        page.on("console", lambda message, page=page: page.said.append(message.text))
        page.on("pageerror", lambda error, page=page: page.said.append(str(error)))
        page.on("dialog", lambda dialog, page=page: page.said.append(dialog.message))
        page.goto((folder / f"{name}.html").as_uri())
    return opened


@pytest.fixture
def show(pages):
    """A page in a window of a width, on a light or dark screen."""

    def shown(name: str, width: int = 1200, scheme: str = "light", media: str = "screen"):
        page = pages[name]
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme=scheme, media=media)
        return page

    return shown


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", PAGES)
def test_it_asks_for_nothing_says_nothing_and_fits_the_window(show, folder, name, width):
    page = show(name, width)
    assert page.asked == [(folder / f"{name}.html").as_uri()]
    assert page.said == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.evaluate("checks.outside()") == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", PAGES)
def test_every_text_stands_out_from_its_ground(show, name, scheme):
    page = show(name, 1200, scheme)
    assert (page.evaluate("checks.ground()") < 0.5) == (scheme == "dark")
    assert page.evaluate("checks.faint()") == []


def test_paper_is_white_whatever_the_screen_is(show):
    page = show("crowded", 1200, "dark", "print")
    assert page.evaluate("checks.ground()") == 1
    assert page.evaluate("checks.faint()") == []
    assert page.pdf().startswith(b"%PDF-")


@pytest.mark.parametrize("width", WIDTHS)
def test_charts_are_whole_and_their_labels_apart(show, width):
    page = show("crowded", width)
    charts = page.evaluate("checks.charts()")
    assert [chart["name"] for chart in charts] == ["months", "severities", "tenants", "kinds"]
    for chart in charts:
        assert chart["bars"] > 5, chart["name"]
        assert chart["width"] > 300, chart["name"]
        assert chart["clipped"] == [], chart["name"]
        assert chart["overlapping"] == [], chart["name"]
        assert chart["smallestLetters"] >= 9, chart["name"]


def test_a_chart_says_in_words_what_it_shows(show):
    page = show("crowded")
    chart = page.get_by_role("img", name="Findings by month and severity")
    assert chart.count() == 1
    description = chart.get_attribute("aria-labelledby").split()[1]
    assert "May: critical 334, warning 1,500, info 500." in page.locator(f"#{description}").text_content()


def test_links_within_the_page_lead_somewhere(show):
    page = show("crowded")
    links = page.eval_on_selector_all("a[href^='#']", "links => links.map(link => link.hash.slice(1))")
    assert len(links) == 6
    assert set(links) <= set(page.eval_on_selector_all("h3[id]", "headings => headings.map(heading => heading.id)"))


def test_a_name_that_is_markup_is_shown_as_it_is_written(show):
    page = show("one")
    assert page.evaluate("document.scripts.length") == 0
    assert page.get_by_title(HOSTILE).first.text_content().startswith('<script>alert("x")')
