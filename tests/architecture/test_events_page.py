"""The page of events is what the code says."""

from scripts.events_page import PAGE, page


def test_the_page_of_events_is_current():
    assert PAGE.read_text(encoding="utf-8") == page(), "run `make events`"
